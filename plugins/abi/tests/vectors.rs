//! The golden vector of a channel, which the Go side wrote, read as instances.
#![allow(clippy::expect_used)] // the helper is part of the test

use inos_abi::Instance;

/// Bytes from `start` of a vector: a line `bytes N`, then rows `offset hex` of what is not zero.
fn memory(text: &str, start: usize, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    for row in text.lines().skip(1) {
        let (offset, hex) = row.split_once(' ').expect("offset and bytes");
        let offset = usize::from_str_radix(offset, 16).expect("a hexadecimal offset");
        for (i, pair) in hex.as_bytes().chunks(2).enumerate() {
            if let Some(byte) = (offset + i)
                .checked_sub(start)
                .and_then(|at| bytes.get_mut(at))
            {
                let pair = core::str::from_utf8(pair).expect("ASCII");
                *byte = u8::from_str_radix(pair, 16).expect("two digits");
            }
        }
    }
    bytes
}

#[test]
fn a_slot_holds_instances_as_the_go_side_wrote_them() {
    const SECOND_SLOT: usize = 8192;
    let text = include_str!("../../../schemas/vectors/channel.hex");
    let bytes = memory(text, SECOND_SLOT, 3 * size_of::<Instance>());
    for (i, element) in bytes.chunks_exact(size_of::<Instance>()).enumerate() {
        // SAFETY: the chunk is as long as an Instance, whose fields accept any bits.
        let got: Instance = unsafe { core::ptr::read_unaligned(element.as_ptr().cast()) };
        let v = i as f32 + 0.5;
        let want = Instance {
            x: v,
            y: v + 1.0,
            z: v + 2.0,
            a: v + 3.0,
            vx: v + 4.0,
            vy: v + 5.0,
            vz: v + 6.0,
            b: v + 7.0,
        };
        assert_eq!(got, want, "element {i}");
    }
}
