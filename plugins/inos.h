/* The INOS plugin ABI, version 1, for C: all imports with the rules of plugins/SPEC.md. One file, no
 * libc. Unused functions cost nothing. */
#ifndef INOS_H
#define INOS_H

#include <stdint.h>

#define INOS_EXPORT(name) __attribute__((export_name(#name)))
#define INOS_IMPORT(name) __attribute__((import_module("inos"), import_name(#name)))

/* An element of a channel with look `points` or `birds` (ABI-57). */
struct inos_instance { float x, y, z, a, vx, vy, vz, b; };

/* Sets the error text from a literal and is the code to return. */
#define INOS_FAIL(text) (inos_fail(text, sizeof(text) - 1), 1)

/* Parameters (ABI-30 to 32). */
INOS_IMPORT(param_f64) double inos_param_f64(int32_t i);
INOS_IMPORT(param_i64) int64_t inos_param_i64(int32_t i);
INOS_IMPORT(param_text) int32_t inos_param_text(int32_t i, char *to, int32_t cap);

/* Inputs, outputs, results (ABI-39 to 48). */
INOS_IMPORT(input_count) int32_t inos_input_count(void);
INOS_IMPORT(input_len) int64_t inos_input_len(int32_t i);
INOS_IMPORT(input_name) int32_t inos_input_name(int32_t i, char *to, int32_t cap);
INOS_IMPORT(input_map) const void *inos_input_map(int32_t i, int64_t offset, int32_t len);
INOS_IMPORT(output_map) void *inos_output_map(int32_t i, int64_t len);
INOS_IMPORT(output_len) int32_t inos_output_len(int32_t i, int64_t len);
INOS_IMPORT(output_meta) int32_t inos_output_meta(int32_t i, const char *media, int32_t len);
INOS_IMPORT(result_f64) int32_t inos_result_f64(int32_t i, double value);
INOS_IMPORT(progress) int32_t inos_progress(int64_t done, int64_t total);

/* Live units (ABI-53 to 56). */
INOS_IMPORT(channel) struct inos_instance *inos_channel(int32_t i);
INOS_IMPORT(channel_capacity) int32_t inos_channel_capacity(int32_t i);
INOS_IMPORT(channel_publish) int32_t inos_channel_publish(int32_t i, int32_t count);
INOS_IMPORT(shared) void *inos_shared(int64_t len);

/* Settings of the plugin, inside of inos_call only (ABI-119). */
INOS_IMPORT(setting_f64) double inos_setting_f64(int32_t i);
INOS_IMPORT(setting_text) int32_t inos_setting_text(int32_t i, char *to, int32_t cap);

/* Text for people (ABI-60, 61). Levels: 0 debug, 1 information, 2 warning, 3 error. */
INOS_IMPORT(log) void inos_log(int32_t level, const char *text, int32_t len);
INOS_IMPORT(fail) void inos_fail(const char *text, int32_t len);

/* The world outside, by permission, inside of inos_call only (ABI-110 to 118). */
INOS_IMPORT(now) int64_t inos_now(void);
INOS_IMPORT(random) int32_t inos_random(void *to, int32_t len);
INOS_IMPORT(file_size) int64_t inos_file_size(const char *path, int32_t len);
INOS_IMPORT(file_read)
int32_t inos_file_read(const char *path, int32_t len, int64_t offset, void *to, int32_t cap);
INOS_IMPORT(file_list)
int64_t inos_file_list(const char *path, int32_t len, int64_t offset, char *to, int32_t cap);
INOS_IMPORT(file_write)
int32_t inos_file_write(const char *path, int32_t len, int64_t offset, const void *from, int32_t n);
INOS_IMPORT(file_resize) int32_t inos_file_resize(const char *path, int32_t len, int64_t size);
INOS_IMPORT(file_remove) int32_t inos_file_remove(const char *path, int32_t len);
INOS_IMPORT(http_send) int32_t inos_http_send(const char *request, int32_t len);
INOS_IMPORT(http_header)
int32_t inos_http_header(const char *name, int32_t len, char *to, int32_t cap);
INOS_IMPORT(http_len) int64_t inos_http_len(void);
INOS_IMPORT(http_read) int32_t inos_http_read(int64_t offset, void *to, int32_t cap);
INOS_IMPORT(clipboard_read) int64_t inos_clipboard_read(int64_t offset, char *to, int32_t cap);
INOS_IMPORT(clipboard_write) int32_t inos_clipboard_write(const char *text, int32_t len);
INOS_IMPORT(notify) int32_t inos_notify(const char *text, int32_t len);

#endif
