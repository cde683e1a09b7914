//! A checksum over the bits of all birds: equal for native and wasm, and for any shards.

use inos_sdk::Instance;

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a, 64 bits, over the bytes of `instances` as they lie in memory (little-endian floats).
pub fn checksum(instances: &[Instance]) -> u64 {
    let floats = instances
        .iter()
        .flat_map(|i| [i.x, i.y, i.z, i.a, i.vx, i.vy, i.vz, i.b]);
    floats
        .flat_map(f32::to_le_bytes)
        .fold(OFFSET, |h, b| (h ^ u64::from(b)).wrapping_mul(PRIME))
}
