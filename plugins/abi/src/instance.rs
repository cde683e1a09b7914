use core::mem::offset_of;

/// One bird or point of a live unit's frame, as `schemas/compute/frame.capnp` lays it out.
///
/// Lengths are in the plugin's own unit, velocities in that unit per second.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Instance {
    /// Position.
    pub x: f32,
    /// Position.
    pub y: f32,
    /// Position.
    pub z: f32,
    /// Free for the plugin.
    pub a: f32,
    /// Velocity.
    pub vx: f32,
    /// Velocity.
    pub vy: f32,
    /// Velocity.
    pub vz: f32,
    /// Free for the plugin.
    pub b: f32,
}

const _: () = {
    use crate::layout_gen as at;
    assert!(size_of::<Instance>() == at::INSTANCE_BYTES);
    assert!(offset_of!(Instance, x) == at::INSTANCE_X);
    assert!(offset_of!(Instance, y) == at::INSTANCE_Y);
    assert!(offset_of!(Instance, z) == at::INSTANCE_Z);
    assert!(offset_of!(Instance, a) == at::INSTANCE_A);
    assert!(offset_of!(Instance, vx) == at::INSTANCE_VX);
    assert!(offset_of!(Instance, vy) == at::INSTANCE_VY);
    assert!(offset_of!(Instance, vz) == at::INSTANCE_VZ);
    assert!(offset_of!(Instance, b) == at::INSTANCE_B);
};
