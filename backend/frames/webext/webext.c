/*
 * The web process extension of INOS: it runs inside WebKitWebProcess, maps segments of the arena
 * and hands them to the app's own page as ArrayBuffers, without a copy:
 *
 *   window.__inos = { kernel: ArrayBuffer, open(entry) -> ArrayBuffer | null }
 *
 * Trust: the page is the app's own, but a hole in a picture decoder would make it somebody else's.
 * Whatever it writes into the directory, which names file descriptors of the kernel process, only a
 * sealed memory file that carries a channel's header of the right id is ever handed out: what the
 * page may see anyway. The kernel believes nothing that it reads in its segment.
 *
 * Everything is mapped writable, though the page stores three words in all: once hot, JavaScriptCore
 * compiles Atomics.load to a locked addition of zero, which faults on a read-only page (seen).
 *
 * WebKitGTK needs GIGACAGE_ENABLED=0 in the environment: memory from outside JavaScript's own
 * cage ends the web process otherwise. bridge_linux.go sees to that.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <jsc/jsc.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <webkit2/webkit-web-extension.h>

#include "layout_gen.h"

/* A page that opens more segments than this without letting go of any is out of its mind. */
#define MAX_MAPPINGS 256
/* The kernel changes a directory entry in less than a microsecond. */
#define MAX_DIRECTORY_READS 1000
/* The compiler of the shaders is needed at the start, and for a moment when the picture changes. */
#define COMPILER_REST_SECONDS 2

/* A segment that is mapped here. It stays mapped while it is in the directory or a buffer lives. */
typedef struct {
  guint32 segment, generation;
  guint entry;
  void *base;
  gsize size;
  gint buffers; /* ArrayBuffers alive over it; atomic: the collector may run on its own thread */
} Mapping;

typedef struct {
  guint32 segment, generation;
  gint32 fd;
  guint16 kind;
  guint64 byte_len;
} Entry;

static struct {
  char *origin;
  guint32 kernel_pid; /* as the kernel said it, not from memory that the page can write */
  Mapping kernel;
  Mapping *channels[MAX_MAPPINGS];
} bridge;

static guint32 load_u32(const void *base, gsize at) {
  return __atomic_load_n((const guint32 *)((const char *)base + at), __ATOMIC_ACQUIRE);
}

static void complain(const char *what, const char *subject) {
  fprintf(stderr, "inos: web process: %s %s: %m\n", what, subject);
}

/* ---- segments ---- */

/* Only a file that nobody can shrink is safe to map: no SIGBUS, whatever its owner does. */
static gboolean is_sealed(int fd, guint64 byte_len) {
  struct stat st;
  int seals = fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_SHRINK) && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
         (guint64)st.st_size == byte_len;
}

static gboolean has_header(const char *base, guint16 kind, guint64 byte_len) {
  guint32 magic;
  guint16 found_kind, version;
  guint64 hash, found_len;
  memcpy(&magic, base + INOS_SEGMENT_HEADER_MAGIC_AT, sizeof magic);
  memcpy(&found_kind, base + INOS_SEGMENT_HEADER_KIND_AT, sizeof found_kind);
  memcpy(&version, base + INOS_SEGMENT_HEADER_VERSION_AT, sizeof version);
  memcpy(&hash, base + INOS_SEGMENT_HEADER_LAYOUT_HASH_AT, sizeof hash);
  memcpy(&found_len, base + INOS_SEGMENT_HEADER_BYTE_LEN_AT, sizeof found_len);
  return magic == INOS_MAGIC && found_kind == kind && version == INOS_LAYOUT_VERSION &&
         hash == INOS_LAYOUT_HASH && found_len == byte_len;
}

/* Maps descriptor fd of the kernel process. NULL when it is not what it should be. */
static void *map_segment(gint32 fd, guint64 byte_len, guint16 kind) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%u/fd/%d", bridge.kernel_pid, fd);
  int file = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (file < 0) {
    complain("cannot open", path);
    return NULL;
  }
  void *base = MAP_FAILED;
  if (is_sealed(file, byte_len))
    base = mmap(NULL, byte_len, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (base == MAP_FAILED) {
    complain("cannot map", path);
    return NULL;
  }
  if (!has_header(base, kind, byte_len)) {
    fprintf(stderr, "inos: web process: %s is no segment of this layout\n", path);
    munmap(base, byte_len);
    return NULL;
  }
  return base;
}

static gboolean map_kernel(gint32 fd, guint64 byte_len) {
  bridge.kernel.base = map_segment(fd, byte_len, INOS_SEGMENT_KIND_KERNEL);
  bridge.kernel.size = byte_len;
  return bridge.kernel.base != NULL;
}

/* ---- directory ---- */

static gboolean copy_entry(guint index, Entry *out) {
  const char *at = (const char *)bridge.kernel.base + INOS_KERNEL_SEGMENT_DIRECTORY_AT +
                   index * INOS_DIRECTORY_ENTRY_BYTES;
  for (int i = 0; i < MAX_DIRECTORY_READS; i++) {
    guint32 before = load_u32(bridge.kernel.base, INOS_KERNEL_SEGMENT_DIRECTORY_EPOCH_AT);
    if (before & 1) continue;
    memcpy(&out->segment, at + INOS_DIRECTORY_ENTRY_SEGMENT_AT, sizeof out->segment);
    memcpy(&out->generation, at + INOS_DIRECTORY_ENTRY_GENERATION_AT, sizeof out->generation);
    memcpy(&out->fd, at + INOS_DIRECTORY_ENTRY_FD_AT, sizeof out->fd);
    memcpy(&out->kind, at + INOS_DIRECTORY_ENTRY_KIND_AT, sizeof out->kind);
    memcpy(&out->byte_len, at + INOS_DIRECTORY_ENTRY_BYTE_LEN_AT, sizeof out->byte_len);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (load_u32(bridge.kernel.base, INOS_KERNEL_SEGMENT_DIRECTORY_EPOCH_AT) == before) return TRUE;
  }
  return FALSE;
}

/* Lets go of segments that their entry no longer names and that no buffer shows any more. It runs
 * on the page's own thread and never inside a destroy notify: there the collector is at work. */
static void drop_retired(void) {
  for (guint i = 0; i < MAX_MAPPINGS; i++) {
    Mapping *m = bridge.channels[i];
    Entry now;
    if (!m || g_atomic_int_get(&m->buffers) > 0 || !copy_entry(m->entry, &now)) continue;
    if (now.segment == m->segment && now.generation == m->generation) continue;
    munmap(m->base, m->size);
    g_free(m);
    bridge.channels[i] = NULL;
  }
}

static Mapping *find_mapping(guint entry, const Entry *want) {
  for (guint i = 0; i < MAX_MAPPINGS; i++) {
    Mapping *m = bridge.channels[i];
    if (m && m->entry == entry && m->segment == want->segment && m->generation == want->generation)
      return m;
  }
  return NULL;
}

static Mapping *add_mapping(guint entry, const Entry *want) {
  guint free_at = 0;
  while (free_at < MAX_MAPPINGS && bridge.channels[free_at]) free_at++;
  if (free_at == MAX_MAPPINGS) return NULL;
  void *base = map_segment(want->fd, want->byte_len, INOS_SEGMENT_KIND_CHANNEL);
  if (!base) return NULL;
  guint32 id;
  memcpy(&id, (char *)base + INOS_SEGMENT_HEADER_ID_AT, sizeof id);
  if (id != want->segment) { /* the descriptor was closed and used again meanwhile */
    munmap(base, want->byte_len);
    return NULL;
  }
  Mapping *m = g_new0(Mapping, 1);
  *m = (Mapping){.segment = want->segment,
                 .generation = want->generation,
                 .entry = entry,
                 .base = base,
                 .size = want->byte_len};
  return bridge.channels[free_at] = m;
}

static Mapping *open_entry(guint index) {
  Entry entry;
  if (index >= INOS_KERNEL_SEGMENT_DIRECTORY_COUNT || !copy_entry(index, &entry)) return NULL;
  if (entry.segment == 0 || entry.fd < 0 || entry.kind != INOS_SEGMENT_KIND_CHANNEL) return NULL;
  if (entry.byte_len < INOS_PAGE_BYTES) return NULL;
  Mapping *m = find_mapping(index, &entry);
  return m ? m : add_mapping(index, &entry);
}

/* ---- page ---- */

static void buffer_collected(gpointer data) {
  Mapping *m = data;
  g_atomic_int_add(&m->buffers, -1);
}

static JSCValue *new_buffer(JSCContext *js, Mapping *m) {
  g_atomic_int_inc(&m->buffers);
  return jsc_value_new_array_buffer(js, m->base, m->size, buffer_collected, m);
}

/* open(entry): one ArrayBuffer over the channel's segment; null when there is none. */
static JSCValue *on_open(JSCValue *entry, gpointer unused) {
  (void)unused;
  JSCContext *js = jsc_context_get_current();
  drop_retired();
  double index = jsc_value_is_number(entry) ? jsc_value_to_double(entry) : -1;
  Mapping *m = NULL;
  if (index >= 0 && index < INOS_KERNEL_SEGMENT_DIRECTORY_COUNT && index == (guint)index)
    m = open_entry((guint)index);
  JSCValue *buffer = m ? new_buffer(js, m) : NULL;
  return buffer ? buffer : jsc_value_new_null(js);
}

static gboolean is_own_page(WebKitFrame *frame) {
  const char *uri = webkit_frame_get_uri(frame);
  gsize n = strlen(bridge.origin);
  return webkit_frame_is_main_frame(frame) && uri && strncmp(uri, bridge.origin, n) == 0 &&
         (uri[n] == '\0' || uri[n] == '/' || uri[n] == '?' || uri[n] == '#');
}

/* Runs before the first script of every document. */
static void on_window_object_cleared(WebKitScriptWorld *world, WebKitWebPage *page,
                                     WebKitFrame *frame, gpointer unused) {
  (void)page;
  (void)unused;
  if (!is_own_page(frame)) return;
  JSCContext *js = webkit_frame_get_js_context_for_script_world(frame, world);
  JSCValue *inos = jsc_value_new_object(js, NULL, NULL);
  JSCValue *kernel = new_buffer(js, &bridge.kernel);
  JSCValue *open = jsc_value_new_function(js, "open", G_CALLBACK(on_open), NULL, NULL,
                                          JSC_TYPE_VALUE, 1, JSC_TYPE_VALUE);
  if (kernel) {
    jsc_value_object_set_property(inos, "kernel", kernel);
    jsc_value_object_set_property(inos, "open", open);
    jsc_context_set_value(js, "__inos", inos);
    g_object_unref(kernel);
  }
  g_object_unref(open);
  g_object_unref(inos);
  g_object_unref(js);
}

/* ---- the shaders' compiler ---- */

/* Mesa compiles the shaders of a software renderer with LLVM, whose pages would stay in this process
 * until memory is short: 45 MiB of 250. A segment of a library that cannot be written is the file's;
 * what is used of it again is read from there. */
static int unmap_compiler(struct dl_phdr_info *library, size_t size, void *unused) {
  (void)size;
  (void)unused;
  if (!strstr(library->dlpi_name, "libLLVM")) return 0;
  for (int i = 0; i < library->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &library->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
    guintptr start = (library->dlpi_addr + segment->p_vaddr) / INOS_PAGE_BYTES * INOS_PAGE_BYTES;
    madvise((void *)start, library->dlpi_addr + segment->p_vaddr + segment->p_memsz - start,
            MADV_DONTNEED);
  }
  return 0;
}

static gboolean on_compiler_rest(gpointer unused) {
  (void)unused;
  dl_iterate_phdr(unmap_compiler, NULL);
  return G_SOURCE_CONTINUE;
}

/* data: (kernel pid, descriptor of the kernel segment, its byte length, origin of the app's page);
 * descriptor -1: the shared path is off, the page takes the stream. */
G_MODULE_EXPORT void webkit_web_extension_initialize_with_user_data(WebKitWebExtension *extension,
                                                                    GVariant *data) {
  (void)extension;
  const char *origin = NULL;
  gint32 fd = -1;
  guint64 byte_len = 0;
  if (!data || !g_variant_is_of_type(data, G_VARIANT_TYPE("(uits)"))) return;
  g_variant_get(data, "(uit&s)", &bridge.kernel_pid, &fd, &byte_len, &origin);
  if (fd < 0 || byte_len != INOS_KERNEL_SEGMENT_BYTES || !map_kernel(fd, byte_len)) return;
  bridge.origin = g_strdup(origin);
  g_signal_connect(webkit_script_world_get_default(), "window-object-cleared",
                   G_CALLBACK(on_window_object_cleared), NULL);
  g_timeout_add_seconds(COMPILER_REST_SECONDS, on_compiler_rest, NULL);
}
