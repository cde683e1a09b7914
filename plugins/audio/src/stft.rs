use std::sync::Arc;

use inos_sdk::Error;
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::block::Block;

/// Sizes of a transform that ops offer, by the index of the choice.
pub(crate) const SIZES: [usize; 7] = [256, 512, 1024, 2048, 4096, 8192, 16384];

/// Windows of a sound that is mixed to one channel, one after the other, and their spectra.
pub(crate) struct Stft {
    fft: Arc<dyn RealToComplex<f64>>,
    pub window: Vec<f64>,
    hop: usize,
    waiting: Vec<f32>,
    /// Frames of the sound that come before the next window and are not needed.
    skip: usize,
    input: Vec<f64>,
    output: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

impl Stft {
    pub fn new(size: usize, hop: usize) -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(size);
        Self {
            window: hann(size),
            hop: hop.max(1),
            waiting: Vec::new(),
            skip: 0,
            input: fft.make_input_vec(),
            output: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            fft,
        }
    }

    pub fn size(&self) -> usize {
        self.window.len()
    }

    pub fn bins(&self) -> usize {
        self.size() / 2 + 1
    }

    /// Takes frames; `each` gets the spectrum of each window that is full.
    pub fn push(
        &mut self,
        block: &Block,
        mut each: impl FnMut(&[Complex<f64>]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.waiting.extend(mono(block));
        let mut start = self.skip;
        while start + self.size() <= self.waiting.len() {
            each(self.spectrum(start))?;
            start += self.hop;
        }
        let used = start.min(self.waiting.len());
        self.waiting.drain(..used);
        self.skip = start - used;
        Ok(())
    }

    fn spectrum(&mut self, start: usize) -> &[Complex<f64>] {
        let samples = &self.waiting[start..start + self.window.len()];
        for (x, (s, w)) in self.input.iter_mut().zip(samples.iter().zip(&self.window)) {
            *x = f64::from(*s) * w;
        }
        // The lengths are those that the transform gave itself.
        let done =
            self.fft
                .process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch);
        debug_assert!(done.is_ok());
        &self.output
    }
}

/// The mean of all channels.
pub(crate) fn mono(block: &Block) -> Vec<f32> {
    let scale = 1.0 / block.channels().max(1) as f32;
    let mut mean = vec![0.0; block.frames()];
    for plane in &block.planes {
        for (sum, sample) in mean.iter_mut().zip(plane) {
            *sum += sample * scale;
        }
    }
    mean
}

/// The window of Hann, periodic.
pub(crate) fn hann(size: usize) -> Vec<f64> {
    let turn = std::f64::consts::TAU / size as f64;
    (0..size)
        .map(|i| 0.5 - 0.5 * (turn * i as f64).cos())
        .collect()
}
