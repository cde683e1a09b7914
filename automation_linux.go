//go:build desktop && automation

package main

// The automation build: WebKitWebDriver drives the real window. WebKit lets a view be driven only
// if it was made so, and Wails does not; but the program's own definition of the constructor wins
// over the library's, also for the calls of Wails' C code.

/*
#cgo pkg-config: webkit2gtk-4.1 gtk+-3.0
#include <webkit2/webkit2.h>

static GtkWidget *view;

static WebKitWebView *on_create(WebKitAutomationSession *session, gpointer unused) {
	(void)session;
	(void)unused;
	return WEBKIT_WEB_VIEW(view);
}

static void on_started(WebKitWebContext *context, WebKitAutomationSession *session, gpointer unused) {
	(void)context;
	(void)unused;
	WebKitApplicationInfo *info = webkit_application_info_new();
	webkit_application_info_set_name(info, "inos");
	webkit_application_info_set_version(info, 1, 0, 0);
	webkit_automation_session_set_application_info(session, info);
	webkit_application_info_unref(info);
	g_signal_connect(session, "create-web-view", G_CALLBACK(on_create), NULL);
}

GtkWidget *webkit_web_view_new_with_user_content_manager(WebKitUserContentManager *manager) {
	WebKitWebContext *context = webkit_web_context_get_default();
	webkit_web_context_set_automation_allowed(context, TRUE);
	g_signal_connect(context, "automation-started", G_CALLBACK(on_started), NULL);
	view = GTK_WIDGET(g_object_new(WEBKIT_TYPE_WEB_VIEW, "web-context", context, "user-content-manager",
		manager, "is-controlled-by-automation", TRUE, NULL));
	return view;
}
*/
import "C"
