/* A small window in the corner of the screen from which a file can be dragged: dragsource URI. */
#include <gtk/gtk.h>

static void give(GtkWidget *source, GdkDragContext *drag, GtkSelectionData *data, guint info,
	guint time, gpointer uri) {
	(void)source, (void)drag, (void)info, (void)time;
	gchar *uris[] = {uri, NULL};
	gtk_selection_data_set_uris(data, uris);
}

int main(int argc, char **argv) {
	gtk_init(&argc, &argv);
	GtkWidget *window = gtk_window_new(GTK_WINDOW_POPUP);
	gtk_window_set_title(GTK_WINDOW(window), "dragsource");
	gtk_window_set_default_size(GTK_WINDOW(window), 40, 40);
	gtk_drag_source_set(window, GDK_BUTTON1_MASK, NULL, 0, GDK_ACTION_COPY);
	gtk_drag_source_add_uri_targets(window);
	g_signal_connect(window, "drag-data-get", G_CALLBACK(give), argv[1]);
	gtk_widget_show(window);
	gtk_main();
	return 0;
}
