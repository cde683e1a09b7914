/* Every permission, one op each: what a plugin sees of the world outside when the user lets it; and
 * its settings. src/lib.rs is the same plugin in Rust. */
#include "inos.h"

enum { TEXT = 4096 };
static char text[TEXT];

/* A text parameter in `text`; its length, or -1 when it is too long. */
static int32_t text_param(int32_t i) {
    int32_t len = inos_param_text(i, text, TEXT);
    return len > TEXT ? -1 : len;
}

static int32_t clock(void) {
    int64_t now = inos_now();
    if (now < 0) return INOS_FAIL("the time is not to be had");
    return inos_result_f64(0, (double)now / 1e6);
}

static int32_t dice(void) {
    uint32_t roll;
    if (inos_random(&roll, sizeof roll)) return INOS_FAIL("there is no randomness");
    return inos_result_f64(0, roll % 6 + 1);
}

static int32_t list(void) {
    int32_t len = text_param(0);
    int64_t size = inos_file_list(text, len, 0, 0, 0);
    if (size < 0) return INOS_FAIL("the folder cannot be listed");
    char *out = inos_output_map(0, size);
    if (size == 0) return 0;
    return !out || inos_file_list(text, len, 0, out, (int32_t)size) != size;
}

static int32_t read(void) {
    int32_t len = text_param(0);
    int64_t size = inos_file_size(text, len);
    if (size < 0) return INOS_FAIL("the file cannot be read");
    if (size > INT32_MAX) return INOS_FAIL("the file is larger than 2 GiB");
    char *out = inos_output_map(0, size);
    if (!out) return INOS_FAIL("no memory for the file");
    if (size > 0 && inos_file_read(text, len, 0, out, (int32_t)size) != size)
        return INOS_FAIL("the file changed while it was read");
    return 0;
}

static int32_t write(void) {
    int32_t len = text_param(0);
    int64_t size = inos_input_len(0);
    if (size > INT32_MAX) return INOS_FAIL("the input is larger than 2 GiB");
    const void *in = size > 0 ? inos_input_map(0, 0, (int32_t)size) : text;
    if (!in || inos_file_write(text, len, 0, in, (int32_t)size) || inos_file_resize(text, len, size))
        return INOS_FAIL("the file cannot be written");
    return 0;
}

static int32_t erase(void) {
    if (inos_file_remove(text, text_param(0))) return INOS_FAIL("the file cannot be removed");
    return 0;
}

static int32_t fetch(void) {
    static char request[TEXT + 6] = "GET ";
    int32_t len = text_param(0), at = 4;
    for (int32_t i = 0; i < len; i++) request[at++] = text[i];
    request[at++] = '\n';
    request[at++] = '\n';
    int32_t status = inos_http_send(request, at);
    if (status < 0) return INOS_FAIL("the address cannot be fetched");
    int64_t size = inos_http_len();
    char *out = inos_output_map(0, size);
    if (!out || (size > 0 && inos_http_read(0, out, (int32_t)size) != size))
        return INOS_FAIL("no memory for the answer");
    int32_t type = inos_http_header("Content-Type", 12, text, 127);
    if (type > 0 && type <= 127) inos_output_meta(0, text, type);
    return inos_result_f64(0, status);
}

static int32_t paste(void) {
    int64_t size = inos_clipboard_read(0, 0, 0);
    if (size < 0 || size > INT32_MAX) return INOS_FAIL("the clipboard cannot be read");
    char *out = inos_output_map(0, size);
    if (size == 0) return 0;
    return !out || inos_clipboard_read(0, out, (int32_t)size) != size;
}

static int32_t copy(void) {
    if (inos_clipboard_write(text, text_param(0))) return INOS_FAIL("the clipboard cannot be set");
    return 0;
}

static int32_t tell(void) {
    if (inos_notify(text, text_param(0))) return INOS_FAIL("the notice cannot be shown");
    return 0;
}

/* Takes so many megabytes: what `memory` is asked for. */
static int32_t strain(void) {
    int32_t pages = (int32_t)inos_param_i64(0) * 16;
    if (__builtin_wasm_memory_grow(0, (unsigned)pages) == (unsigned long)-1)
        return INOS_FAIL("there is no memory for that");
    return 0;
}

static int32_t volume(void) { return inos_result_f64(0, inos_setting_f64(0)); }

static int32_t token(void) {
    int32_t len = inos_setting_text(1, text, TEXT);
    if (len < 0) return INOS_FAIL("there is no token");
    return inos_result_f64(0, len);
}

INOS_EXPORT(inos_abi) int32_t inos_abi(void) { return 1; }

INOS_EXPORT(inos_call) int32_t inos_call(int32_t op) {
    static int32_t (*const ops[])(void) = {
        clock, dice, list, read, write, erase, fetch, paste, copy, tell, strain,
        volume, token,
    };
    if (op < 0 || op >= (int32_t)(sizeof ops / sizeof *ops)) return INOS_FAIL("there is no such op");
    return ops[op]();
}
