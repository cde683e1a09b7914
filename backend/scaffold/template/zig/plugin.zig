//! Counts the words of a text; shows a ring of points that turns.

extern "inos" fn param_f64(i: i32) f64;
extern "inos" fn param_i64(i: i32) i64;
extern "inos" fn input_len(i: i32) i64;
extern "inos" fn input_map(i: i32, offset: i64, len: i32) ?[*]const u8;
extern "inos" fn result_f64(i: i32, value: f64) i32;
extern "inos" fn channel(i: i32) ?[*]Instance;
extern "inos" fn channel_capacity(i: i32) i32;
extern "inos" fn channel_publish(i: i32, count: i32) i32;
extern "inos" fn fail(text: [*]const u8, len: i32) void;

const Instance = extern struct {
    x: f32 = 0,
    y: f32 = 0,
    z: f32 = 0,
    a: f32 = 0,
    vx: f32 = 0,
    vy: f32 = 0,
    vz: f32 = 0,
    b: f32 = 0,
};

fn failed(text: []const u8) i32 {
    fail(text.ptr, @intCast(text.len));
    return 1;
}

export fn inos_abi() i32 {
    return 1;
}

export fn inos_call(op: i32) i32 {
    return if (op == 0) count() else failed("there is no such op");
}

fn isSpace(c: u8) bool {
    return c == ' ' or (c >= 9 and c <= 13 and c != 11);
}

fn count() i32 {
    const len = input_len(0);
    if (len < 0 or len > 0x7fff_ffff) return failed("there is no text, or it is larger than 2 GiB");
    var lines: f64 = 0;
    var words: f64 = 0;
    if (len > 0) {
        const text = input_map(0, 0, @intCast(len)) orelse return failed("there is no room for the text");
        var before: u8 = ' ';
        for (text[0..@intCast(len)]) |c| {
            if (c == '\n') lines += 1;
            if (isSpace(before) and !isSpace(c)) words += 1;
            before = c;
        }
    }
    return result_f64(0, lines) | result_f64(1, words);
}

var turned: f32 = 0;

export fn inos_init() i32 {
    turned = 0;
    return 0;
}

export fn inos_tick(_: i32, _: i32, _: i32, us: i32) i32 {
    const points = channel(0) orelse return 0;
    const n: i32 = @intCast(param_i64(0));
    if (n > channel_capacity(0)) return 0;
    const step: f64 = param_f64(1) * @as(f64, @floatFromInt(us)) / 1e6;
    turned = @rem(turned + @as(f32, @floatCast(step)), 1);
    const total: f32 = @floatFromInt(n);
    for (points[0..@intCast(n)], 0..) |*point, i| {
        const angle = (turned + @as(f32, @floatFromInt(i)) / total) * 6.2831853;
        const x = @cos(angle);
        const y = @sin(angle);
        point.* = .{ .x = x, .y = y, .vx = -y, .vy = x };
    }
    return channel_publish(0, n);
}
