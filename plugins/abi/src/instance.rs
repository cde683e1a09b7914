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

const _: () = assert!(size_of::<Instance>() == 32);
