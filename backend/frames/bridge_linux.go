//go:build desktop

package frames

/*
#cgo pkg-config: webkit2gtk-4.1 gtk+-3.0
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <webkit2/webkit2.h>

// What the next web process is told. Only the main thread touches it once the loop runs.
static struct {
	char *extension_dir;
	char *origin;
	guint32 pid;
	gint32 fd; // -1: no shared memory
	guint64 byte_len;
} offer;

extern int inosWebProcessGone(int reason);

static void on_initialize(WebKitWebContext *context, gpointer unused) {
	(void)unused;
	webkit_web_context_set_web_extensions_directory(context, offer.extension_dir);
	webkit_web_context_set_web_extensions_initialization_user_data(context,
		g_variant_new("(uits)", offer.pid, offer.fd, offer.byte_len, offer.origin));
}

// The context is the default one, the same that Wails uses. The window does not exist yet.
static void offer_segment(const char *dir, const char *origin, guint32 pid, gint32 fd, guint64 byte_len) {
	offer.extension_dir = g_strdup(dir);
	offer.origin = g_strdup(origin);
	offer.pid = pid;
	offer.fd = fd;
	offer.byte_len = byte_len;
	g_signal_connect(webkit_web_context_get_default(), "initialize-web-extensions",
		G_CALLBACK(on_initialize), NULL);
}

// Lets WebKit read its settings of threads. Its own function for that is no part of its API, so it may
// be missing; making the context does the same, and more.
static void start_threading(int signal_number) {
	struct sigaction unclaimed = {.sa_handler = SIG_DFL};
	sigaction(signal_number, &unclaimed, NULL); // Go has a handler for every signal
	void (*initialize)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "_ZN3WTF10initializeEv");
	if (initialize)
		initialize();
	else
		webkit_web_context_get_default();
}

static int open_display(void) { return gtk_init_check(NULL, NULL); }

static void withdraw_segment(void) { offer.fd = -1; }

static void find_view(GtkWidget *widget, gpointer found) {
	if (WEBKIT_IS_WEB_VIEW(widget))
		*(GtkWidget **)found = widget;
	else if (GTK_IS_CONTAINER(widget))
		gtk_container_forall(GTK_CONTAINER(widget), find_view, found);
}

static void on_terminated(WebKitWebView *view, WebKitWebProcessTerminationReason reason, gpointer unused) {
	(void)unused;
	if (inosWebProcessGone(reason)) webkit_web_view_load_uri(view, "wails://wails/");
}

static gboolean watch(gpointer unused) {
	(void)unused;
	GtkWidget *view = NULL;
	GList *windows = gtk_window_list_toplevels();
	for (GList *w = windows; w && !view; w = w->next) find_view(GTK_WIDGET(w->data), &view);
	g_list_free(windows);
	if (view) g_signal_connect(view, "web-process-terminated", G_CALLBACK(on_terminated), NULL);
	return G_SOURCE_REMOVE;
}

static void watch_view(void) { g_idle_add(watch, NULL); }
*/
import "C"

import (
	"os"
	"sync/atomic"
	"unsafe"
)

// The page's origin on Linux; the extension compares it before it hands out memory.
const pageOrigin = "wails://wails"

// processGone is the handler of the one web view of this process: C has no other way to reach it.
var processGone atomic.Pointer[func(reason int) (load bool)]

//export inosWebProcessGone
func inosWebProcessGone(reason C.int) C.int {
	if handler := processGone.Load(); handler != nil && !(*handler)(int(reason)) {
		return 0
	}
	return 1
}

// openDisplay connects GTK to the screen. WebKit would end the program if it could not.
func openDisplay() bool { return C.open_display() != 0 }

// startThreading makes WebKit take its signal for threads, as the environment says it.
func startThreading(signalNumber int) { C.start_threading(C.int(signalNumber)) }

// offerSegment tells WebKit which extension to load and what to tell it.
func offerSegment(dir string, fd int, byteLen int64) {
	cDir, cOrigin := C.CString(dir), C.CString(pageOrigin)
	defer C.free(unsafe.Pointer(cDir))
	defer C.free(unsafe.Pointer(cOrigin))
	C.offer_segment(cDir, cOrigin, C.guint32(os.Getpid()), C.gint32(fd), C.guint64(byteLen))
}

// withdrawSegment makes the next web process stream. Main thread only.
func withdrawSegment() { C.withdraw_segment() }

// watchWebProcess calls handler on the main thread whenever the web process ended; the page is
// loaded again if it returns true.
func watchWebProcess(handler func(reason int) (load bool)) {
	processGone.Store(&handler)
	C.watch_view()
}
