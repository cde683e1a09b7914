/* Counts the words of a text; shows a ring of points that turns. */
#include "inos.h"

INOS_EXPORT(inos_abi) int32_t inos_abi(void) { return 1; }

static int space(char c) { return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v'); }

static int32_t count(void) {
    int64_t len = inos_input_len(0);
    if (len < 0 || len > INT32_MAX) return INOS_FAIL("there is no text, or it is larger than 2 GiB");
    const char *text = len > 0 ? inos_input_map(0, 0, (int32_t)len) : "";
    if (!text) return INOS_FAIL("there is no room for the text");
    double lines = 0, words = 0;
    for (int64_t i = 0; i < len; i++) {
        lines += text[i] == '\n';
        words += !space(text[i]) && (i == 0 || space(text[i - 1]));
    }
    return inos_result_f64(0, lines) || inos_result_f64(1, words);
}

INOS_EXPORT(inos_call) int32_t inos_call(int32_t op) {
    return op == 0 ? count() : INOS_FAIL("there is no such op");
}

/* Sine of so many turns, from 0 on, exact to four digits: there is no libc here. */
static float sine(float turns) {
    float half = 2 * (turns - (float)(int)turns);
    float sign = half < 1 ? 1 : -1, u = half < 1 ? half : half - 1, p = u * (1 - u);
    return sign * p * (3.142353f + p * (3.12498f + p * 1.222048f));
}

static float turned;

INOS_EXPORT(inos_init) int32_t inos_init(void) { turned = 0; return 0; }

INOS_EXPORT(inos_tick) int32_t inos_tick(int32_t phase, int32_t shard, int32_t shards, int32_t us) {
    (void)phase, (void)shard, (void)shards; /* one of each, says the manifest */
    struct inos_instance *point = inos_channel(0);
    int32_t count = (int32_t)inos_param_i64(0);
    if (!point || count > inos_channel_capacity(0)) return 0;
    turned += (float)inos_param_f64(1) * (float)us * 1e-6f;
    turned -= (float)(int)turned;
    for (int32_t i = 0; i < count; i++) {
        float at = turned + (float)i / (float)count, x = sine(at + 0.25f), y = sine(at);
        point[i] = (struct inos_instance){.x = x, .y = y, .vx = -y, .vy = x};
    }
    return inos_channel_publish(0, count);
}
