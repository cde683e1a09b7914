//! Four floats at once: wasm simd128 or SSE2, with the same results to the bit.
//!
//! Only operations that are one instruction on both sides and that round alike. Comparisons give
//! masks (all bits of a lane, or none). No fused multiply-add: SSE2 has none.

#[cfg(target_arch = "wasm32")]
mod lanes {
    use core::arch::wasm32::*;

    /// Four lanes of 32 bits.
    pub type V = v128;

    macro_rules! forward {
        ($($(#[$doc:meta])* $name:ident($($arg:ident),+) = $op:ident;)+) => {
            $($(#[$doc])* #[inline(always)] pub fn $name($($arg: V),+) -> V { $op($($arg),+) })+
        };
    }
    forward! {
        add(a, b) = f32x4_add;
        sub(a, b) = f32x4_sub;
        mul(a, b) = f32x4_mul;
        div(a, b) = f32x4_div;
        sqrt(a) = f32x4_sqrt;
        /// `a < b ? b : a`
        max(a, b) = f32x4_pmax;
        /// `b < a ? b : a`
        min(a, b) = f32x4_pmin;
        lt(a, b) = f32x4_lt;
        ge(a, b) = f32x4_ge;
        and(a, b) = v128_and;
        or(a, b) = v128_or;
        xor(a, b) = v128_xor;
        iadd(a, b) = i32x4_add;
        isub(a, b) = i32x4_sub;
        /// Lanes of `a` where the mask `m` is set, else of `b`.
        select(a, b, m) = v128_bitselect;
    }

    #[inline(always)]
    pub fn splat(x: f32) -> V {
        f32x4_splat(x)
    }
    #[inline(always)]
    pub fn splat_bits(x: u32) -> V {
        u32x4_splat(x)
    }
    #[inline(always)]
    pub fn set(a: f32, b: f32, c: f32, d: f32) -> V {
        f32x4(a, b, c, d)
    }
    /// # Safety
    /// `p` to `p + 4` can be read.
    #[inline(always)]
    pub unsafe fn load(p: *const f32) -> V {
        // SAFETY: promised by the caller.
        unsafe { v128_load(p.cast()) }
    }
    /// One float in all lanes.
    ///
    /// # Safety
    /// `p` can be read.
    #[inline(always)]
    pub unsafe fn load_splat(p: *const f32) -> V {
        // SAFETY: promised by the caller.
        unsafe { v128_load32_splat(p.cast()) }
    }
    /// # Safety
    /// `p` to `p + 4` can be written.
    #[inline(always)]
    pub unsafe fn store(p: *mut f32, v: V) {
        // SAFETY: promised by the caller.
        unsafe { v128_store(p.cast(), v) }
    }
    #[inline(always)]
    pub fn shift_left<const BITS: u32>(a: V) -> V {
        i32x4_shl(a, BITS)
    }
    #[inline(always)]
    pub fn shift_right<const BITS: u32>(a: V) -> V {
        u32x4_shr(a, BITS)
    }
    /// Rows to columns.
    #[inline(always)]
    pub fn transpose(r: [V; 4]) -> [V; 4] {
        let low = i32x4_shuffle::<0, 4, 1, 5>(r[0], r[1]);
        let high = i32x4_shuffle::<2, 6, 3, 7>(r[0], r[1]);
        let low2 = i32x4_shuffle::<0, 4, 1, 5>(r[2], r[3]);
        let high2 = i32x4_shuffle::<2, 6, 3, 7>(r[2], r[3]);
        [
            i64x2_shuffle::<0, 2>(low, low2),
            i64x2_shuffle::<1, 3>(low, low2),
            i64x2_shuffle::<0, 2>(high, high2),
            i64x2_shuffle::<1, 3>(high, high2),
        ]
    }
    /// Is a bit of any lane's mask set?
    #[inline(always)]
    pub fn any(a: V) -> bool {
        v128_any_true(a)
    }
    /// Lanes whose mask is set.
    #[inline(always)]
    pub fn count(mask: V) -> u32 {
        u32x4_bitmask(mask).count_ones()
    }
    #[inline(always)]
    pub fn lane_bits<const K: usize>(a: V) -> u32 {
        u32x4_extract_lane::<K>(a)
    }
    #[inline(always)]
    pub fn part<const K: usize>(a: V) -> f32 {
        f32x4_extract_lane::<K>(a)
    }
}

#[cfg(target_arch = "x86_64")]
mod lanes {
    use core::arch::x86_64::*;

    /// Four lanes of 32 bits.
    pub type V = __m128;

    // SAFETY: SSE2 is part of x86-64; the register-only intrinsics have no other condition.
    macro_rules! forward {
        ($($(#[$doc:meta])* $name:ident($($arg:ident),+) = $value:expr;)+) => {
            $($(#[$doc])* #[inline(always)] #[allow(unused_unsafe)]
            pub fn $name($($arg: V),+) -> V {
                // SAFETY: SSE2 is part of x86-64, and these intrinsics only touch registers.
                unsafe { $value }
            })+
        };
    }
    forward! {
        add(a, b) = _mm_add_ps(a, b);
        sub(a, b) = _mm_sub_ps(a, b);
        mul(a, b) = _mm_mul_ps(a, b);
        div(a, b) = _mm_div_ps(a, b);
        sqrt(a) = _mm_sqrt_ps(a);
        /// `a < b ? b : a`
        max(a, b) = _mm_max_ps(b, a);
        /// `b < a ? b : a`
        min(a, b) = _mm_min_ps(b, a);
        lt(a, b) = _mm_cmplt_ps(a, b);
        ge(a, b) = _mm_cmpge_ps(a, b);
        and(a, b) = _mm_and_ps(a, b);
        or(a, b) = _mm_or_ps(a, b);
        xor(a, b) = _mm_xor_ps(a, b);
        iadd(a, b) = _mm_castsi128_ps(_mm_add_epi32(_mm_castps_si128(a), _mm_castps_si128(b)));
        isub(a, b) = _mm_castsi128_ps(_mm_sub_epi32(_mm_castps_si128(a), _mm_castps_si128(b)));
        /// Lanes of `a` where the mask `m` is set, else of `b`.
        select(a, b, m) = _mm_or_ps(_mm_and_ps(m, a), _mm_andnot_ps(m, b));
    }

    #[inline(always)]
    pub fn splat(x: f32) -> V {
        set(x, x, x, x)
    }
    #[inline(always)]
    pub fn splat_bits(x: u32) -> V {
        splat(f32::from_bits(x))
    }
    #[inline(always)]
    #[allow(unused_unsafe)]
    pub fn set(a: f32, b: f32, c: f32, d: f32) -> V {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { _mm_setr_ps(a, b, c, d) }
    }
    /// # Safety
    /// `p` to `p + 4` can be read.
    #[inline(always)]
    pub unsafe fn load(p: *const f32) -> V {
        // SAFETY: promised by the caller; the load needs no alignment.
        unsafe { _mm_loadu_ps(p) }
    }
    /// One float in all lanes.
    ///
    /// # Safety
    /// `p` can be read.
    #[inline(always)]
    pub unsafe fn load_splat(p: *const f32) -> V {
        // SAFETY: promised by the caller.
        unsafe { _mm_set1_ps(*p) }
    }
    /// # Safety
    /// `p` to `p + 4` can be written.
    #[inline(always)]
    pub unsafe fn store(p: *mut f32, v: V) {
        // SAFETY: promised by the caller; the store needs no alignment.
        unsafe { _mm_storeu_ps(p, v) }
    }
    #[inline(always)]
    #[allow(unused_unsafe)]
    pub fn shift_left<const BITS: u32>(a: V) -> V {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            _mm_castsi128_ps(_mm_sll_epi32(
                _mm_castps_si128(a),
                _mm_cvtsi32_si128(BITS as i32),
            ))
        }
    }
    #[inline(always)]
    #[allow(unused_unsafe)]
    pub fn shift_right<const BITS: u32>(a: V) -> V {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            _mm_castsi128_ps(_mm_srl_epi32(
                _mm_castps_si128(a),
                _mm_cvtsi32_si128(BITS as i32),
            ))
        }
    }
    /// Rows to columns.
    #[inline(always)]
    #[allow(unused_unsafe)]
    pub fn transpose(r: [V; 4]) -> [V; 4] {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let (low, high) = (_mm_unpacklo_ps(r[0], r[1]), _mm_unpackhi_ps(r[0], r[1]));
            let (low2, high2) = (_mm_unpacklo_ps(r[2], r[3]), _mm_unpackhi_ps(r[2], r[3]));
            [
                _mm_movelh_ps(low, low2),
                _mm_movehl_ps(low2, low),
                _mm_movelh_ps(high, high2),
                _mm_movehl_ps(high2, high),
            ]
        }
    }
    /// Is a lane's mask set?
    #[inline(always)]
    #[allow(unused_unsafe)]
    pub fn any(a: V) -> bool {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { _mm_movemask_ps(a) != 0 }
    }
    /// Lanes whose mask is set.
    #[inline(always)]
    #[allow(unused_unsafe)]
    pub fn count(mask: V) -> u32 {
        // SSE2 counts no bits: four at each place
        const ONES: u64 = 0x4332_3221_3221_2110;
        // SAFETY: SSE2 is part of x86-64.
        (ONES >> (4 * unsafe { _mm_movemask_ps(mask) })) as u32 & 7
    }
    #[inline(always)]
    pub fn lane_bits<const K: usize>(a: V) -> u32 {
        part::<K>(a).to_bits()
    }
    #[inline(always)]
    pub fn part<const K: usize>(a: V) -> f32 {
        // SAFETY: both are 16 plain bytes.
        let lanes: [f32; 4] = unsafe { core::mem::transmute(a) };
        lanes[K]
    }
}

pub use lanes::*;

/// The sign bit of each lane.
#[inline(always)]
pub fn sign_bit() -> V {
    splat(-0.0)
}
