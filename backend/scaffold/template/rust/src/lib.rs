//! Counts the words of a text; shows a ring of points that turns.
use inos_sdk::{Call, Error, Instance, Live, Tick};

inos_sdk::plugin! { ops: { 0 => count }, live: Ring }

fn count(call: &mut Call) -> Result<(), Error> {
    let input = call.input(0)?;
    let text = String::from_utf8_lossy(input.bytes()?);
    call.result(0, text.matches('\n').count() as f64)?;
    call.result(1, text.split_ascii_whitespace().count() as f64)
}

#[derive(Default)]
pub struct Ring {
    turned: f32,
}

impl Live for Ring {
    fn tick(&mut self, tick: &mut Tick) -> Result<(), Error> {
        let (count, speed) = (tick.params().count(0)?, tick.params().f32(1)?);
        self.turned = (self.turned + speed * tick.dt()).fract();
        let points = tick.frame(0)?.unwrap_or_default();
        for (i, point) in points.iter_mut().take(count).enumerate() {
            let angle = (self.turned + i as f32 / count as f32) * std::f32::consts::TAU;
            let (y, x) = angle.sin_cos();
            *point = Instance { x, y, vx: -y, vy: x, ..Instance::default() };
        }
        tick.publish(0, count)
    }
}
