/// Some frames of sound: a plane of samples for each channel, all of one length. Full scale is -1 to 1.
///
/// 32-bit floats hold every sample of up to 24 bits exactly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub planes: Vec<Vec<f32>>,
}

impl Block {
    pub fn new(channels: usize) -> Self {
        Self {
            planes: vec![Vec::new(); channels],
        }
    }

    pub fn silence(channels: usize, frames: usize) -> Self {
        Self {
            planes: vec![vec![0.0; frames]; channels],
        }
    }

    pub fn frames(&self) -> usize {
        self.planes.first().map_or(0, Vec::len)
    }

    pub fn channels(&self) -> usize {
        self.planes.len()
    }

    pub fn clear(&mut self) {
        self.planes.iter_mut().for_each(Vec::clear);
    }

    /// Puts `other`, which has as many channels, behind what is there.
    pub fn append(&mut self, other: &Block) {
        for (plane, more) in self.planes.iter_mut().zip(&other.planes) {
            plane.extend_from_slice(more);
        }
    }

    /// Takes the first `frames` out.
    pub fn take(&mut self, frames: usize) -> Block {
        let n = frames.min(self.frames());
        Block {
            planes: self
                .planes
                .iter_mut()
                .map(|p| p.drain(..n).collect())
                .collect(),
        }
    }

    /// Keeps the frames from `start` to `end` only.
    pub fn keep(&mut self, start: usize, end: usize) {
        for plane in &mut self.planes {
            plane.truncate(end);
            plane.drain(..start.min(plane.len()));
        }
    }

    /// Changes each sample by `f`.
    pub fn each(&mut self, f: impl Fn(f32) -> f32) {
        for plane in &mut self.planes {
            plane.iter_mut().for_each(|sample| *sample = f(*sample));
        }
    }

    /// The largest distance of a sample from 0.
    pub fn peak(&self) -> f32 {
        let peak = |plane: &Vec<f32>| plane.iter().fold(0.0f32, |peak, s| peak.max(s.abs()));
        self.planes.iter().map(peak).fold(0.0, f32::max)
    }
}
