/*
 * Sparks: a fountain, written from plugins/SPEC.md alone: one file, no SDK, no libc.
 *
 * Where a spark is follows from its number, the seed and the time, so there is no state but the
 * clock, and any number of shards draws the same picture.
 */
#include <stdint.h>

/* What the host offers (SPEC.md, section 1). */

#define HOST(name) __attribute__((import_module("inos"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

HOST(param_f64) double param_f64(int32_t i);
HOST(param_i64) int64_t param_i64(int32_t i);
HOST(input_len) int64_t input_len(int32_t i);
HOST(input_map) const void *input_map(int32_t i, int64_t offset, int32_t len);
HOST(output_map) void *output_map(int32_t i, int64_t len);
HOST(output_meta) int32_t output_meta(int32_t i, const char *ptr, int32_t len);
HOST(result_f64) int32_t result_f64(int32_t i, double value);
HOST(progress) int32_t progress(int64_t done, int64_t total);
HOST(channel) struct instance *channel(int32_t i);
HOST(channel_capacity) int32_t channel_capacity(int32_t i);
HOST(channel_publish) int32_t channel_publish(int32_t i, int32_t count);
HOST(shared) int64_t *shared(int64_t len);
HOST(fail) void host_fail(const char *text, int32_t len);

struct instance {
    float x, y, z, a, vx, vy, vz, b;
};
_Static_assert(sizeof(struct instance) == 32, "ABI-57");

enum { ABI = 1, OK = 0, FAILED = 1, CANCELLED = 2 };
enum { OP_PICTURE = 0 };
enum { DRAW = 0, PUBLISH = 1 };

#define FAIL(text) (host_fail(text, sizeof(text) - 1), FAILED)

/* The fountain. Lengths are in units, times in seconds. */

struct fountain {
    uint32_t seed, jets;
    float speed, spread, gravity, turns_per_s;
};

static const float NOZZLE_Y = -3.0f;

/* A well mixed number from 0 up to 1 for this spark, flight and use. */
static float chance(const struct fountain *f, uint32_t spark, uint32_t flight, uint32_t use) {
    uint32_t h = f->seed ^ spark * 0x9e3779b9u ^ flight * 0x85ebca6bu ^ use * 0xc2b2ae35u;
    h = (h ^ h >> 16) * 0x7feb352du;
    h = (h ^ h >> 15) * 0x846ca68bu;
    return (float)((h ^ h >> 16) >> 8) * 0x1p-24f;
}

/* Cosine and sine of an angle from 0 to 1 turn: a quarter turn by its series, then mirrored. */
static void direction(float turns, float *cosine, float *sine) {
    int quarter = (int)(turns * 4.0f);
    float t = (turns * 4.0f - (float)quarter) * 1.57079633f, q = t * t;
    float c = 1 - q / 2 * (1 - q / 12 * (1 - q / 30 * (1 - q / 56)));
    float s = t * (1 - q / 6 * (1 - q / 20 * (1 - q / 42 * (1 - q / 72))));
    switch (quarter & 3) {
    case 0: *cosine = c, *sine = s; break;
    case 1: *cosine = -s, *sine = c; break;
    case 2: *cosine = -c, *sine = -s; break;
    default: *cosine = s, *sine = -c;
    }
}

static double fraction(double v) {
    return v - __builtin_floor(v);
}

/* Every spark flies in cycles of one period: up, down, then at rest until the next begins. */
static struct instance spark(const struct fountain *f, uint32_t i, double seconds) {
    float period = 2 * f->speed / f->gravity;
    float phase = chance(f, i, 0, 0);
    double cycles = seconds / period + phase;
    uint32_t flight = (uint32_t)(int64_t)cycles;
    float age = (float)(cycles - (double)(int64_t)cycles) * period;

    double jet = (double)(i % f->jets) / f->jets;
    float wobble = 0.03f * (chance(f, i, flight, 1) - 0.5f);
    float cosine, sine;
    direction((float)fraction(jet + (seconds - age) * f->turns_per_s + wobble), &cosine, &sine);

    float up = f->speed * (0.95f + 0.05f * chance(f, i, flight, 2));
    float out = f->speed * f->spread * (0.9f + 0.1f * chance(f, i, flight, 3));
    float flown = age < 2 * up / f->gravity ? age : 2 * up / f->gravity;
    int flies = flown == age;
    return (struct instance){
        .x = out * cosine * flown,
        .y = NOZZLE_Y + flown * (up - f->gravity / 2 * flown),
        .z = out * sine * flown,
        .a = age / period,
        .vx = flies ? out * cosine : 0,
        .vy = flies ? up - f->gravity * flown : 0,
        .vz = flies ? out * sine : 0,
        .b = phase,
    };
}

/* Parameters from `first` on, in the manifest's order: both parts list them alike. */
static struct fountain fountain(int32_t first) {
    return (struct fountain){
        .seed = (uint32_t)param_i64(first),
        .jets = (uint32_t)param_i64(first + 1),
        .speed = (float)param_f64(first + 2),
        .spread = (float)param_f64(first + 3),
        .gravity = (float)param_f64(first + 4),
        .turns_per_s = (float)param_f64(first + 5),
    };
}

/* The live unit. The clock, in microseconds, is all that the shards have in common. */

static const int64_t LONGEST_US = 1000000ll * 60 * 60 * 24 * 365; /* a year */

EXPORT(inos_init) int32_t inos_init(void) {
    int64_t *clock_us = shared(sizeof *clock_us);
    if (!clock_us) return FAIL("there is no shared memory for the clock");
    *clock_us = 0;
    return OK;
}

/* A new version goes on at the same time. Another length than that of a clock is no clock of ours. */
EXPORT(inos_save) int32_t inos_save(void) {
    int64_t *clock_us = shared(sizeof *clock_us), *state = output_map(0, sizeof *state);
    if (!clock_us || !state) return FAIL("there is no memory for the clock");
    *state = *clock_us;
    return OK;
}

EXPORT(inos_load) int32_t inos_load(void) {
    int64_t *clock_us = shared(sizeof *clock_us);
    if (input_len(0) != sizeof *clock_us) return FAIL("this is no clock");
    const int64_t *state = input_map(0, 0, sizeof *state);
    if (!clock_us || !state) return FAIL("there is no memory for the clock");
    if (*state < 0 || *state > LONGEST_US) return FAIL("no clock has run that long");
    *clock_us = *state;
    return OK;
}

/* How many sparks there are: the parameter says it, the slot bounds it. */
static int32_t spark_count(void) {
    int32_t wanted = (int32_t)param_i64(0), room = channel_capacity(0);
    return wanted < room ? wanted : room;
}

static int32_t draw(int64_t clock_us, int64_t shard, int64_t shards) {
    struct instance *out = channel(0);
    int32_t count = spark_count();
    if (!out) return OK;
    struct fountain f = fountain(1);
    int32_t end = (int32_t)(count * (shard + 1) / shards);
    for (int32_t i = (int32_t)(count * shard / shards); i < end; i++)
        out[i] = spark(&f, (uint32_t)i, (double)clock_us * 1e-6);
    return OK;
}

EXPORT(inos_tick)
int32_t inos_tick(int32_t phase, int32_t shard, int32_t shards, int32_t dt_us) {
    int64_t *clock_us = shared(sizeof *clock_us);
    if (!clock_us) return FAIL("there is no shared memory for the clock");
    if (phase == DRAW) return draw(*clock_us, shard, shards);
    if (phase != PUBLISH || shard != 0) return OK;
    *clock_us += dt_us;
    if (channel(0) && channel_publish(0, spark_count()) != 0)
        return FAIL("the frame was refused");
    return OK;
}

/* The op: the fountain at one moment, seen from the side, as a grey picture. */

static const float VIEW_UNITS = 10.0f; /* width and height of what the picture shows */
enum { HEADER_BYTES = 32, SPARK_LIGHT = 64, SPARKS_PER_REPORT = 1 << 14 };

static int32_t put_number(uint8_t *to, int32_t value) {
    uint8_t digits[10];
    int32_t count = 0;
    do digits[count++] = (uint8_t)('0' + value % 10);
    while (value /= 10);
    for (int32_t i = 0; i < count; i++) to[i] = digits[count - 1 - i];
    return count;
}

/* The head of a binary PGM file. */
static int32_t put_header(uint8_t *to, int32_t width, int32_t height) {
    int32_t n = 0;
    to[n++] = 'P', to[n++] = '5', to[n++] = '\n';
    n += put_number(to + n, width);
    to[n++] = ' ';
    n += put_number(to + n, height);
    to[n++] = '\n', to[n++] = '2', to[n++] = '5', to[n++] = '5', to[n++] = '\n';
    return n;
}

/* Adds a spark's light to its pixel; returns 1 if the pixel was dark. */
static int32_t light(uint8_t *pixels, int32_t width, int32_t height, struct instance s) {
    float scale = (float)(width < height ? width : height) / VIEW_UNITS;
    float x = (float)width / 2 + s.x * scale, y = (float)height / 2 - s.y * scale;
    if (!(x >= 0 && y >= 0 && x < (float)width && y < (float)height)) return 0;
    uint8_t *pixel = &pixels[(int32_t)y * width + (int32_t)x];
    int32_t dark = *pixel == 0;
    *pixel = *pixel > 255 - SPARK_LIGHT ? 255 : (uint8_t)(*pixel + SPARK_LIGHT);
    return dark;
}

static int32_t picture(void) {
    static const char media[] = "image/x-portable-graymap";
    int32_t width = (int32_t)param_i64(0), height = (int32_t)param_i64(1);
    int32_t count = (int32_t)param_i64(2);
    double seconds = param_f64(3);
    struct fountain f = fountain(4);

    uint8_t header[HEADER_BYTES];
    int32_t header_len = put_header(header, width, height);
    uint8_t *out = output_map(0, header_len + (int64_t)width * height);
    if (!out) return FAIL("there is no memory for the picture");
    for (int32_t i = 0; i < header_len; i++) out[i] = header[i];
    output_meta(0, media, sizeof media - 1);

    int32_t lit = 0;
    for (int32_t i = 0; i < count; i++) {
        if (i % SPARKS_PER_REPORT == 0 && progress(i, count)) {
            host_fail("cancelled", 9);
            return CANCELLED;
        }
        lit += light(out + header_len, width, height, spark(&f, (uint32_t)i, seconds));
    }
    result_f64(0, lit);
    return OK;
}

EXPORT(inos_call) int32_t inos_call(int32_t op) {
    return op == OP_PICTURE ? picture() : FAIL("there is no such op");
}

EXPORT(inos_abi) int32_t inos_abi(void) {
    return ABI;
}
