//! A writer of FLAC, RFC 9639: fixed and linear prediction, partitioned Rice codes, stereo decorrelation.

mod bits;
mod frame;
mod predict;
mod rice;

use inos_sdk::Error;
use symphonia::core::checksum::Md5;
use symphonia::core::io::Monitor;

use frame::Frames;

/// Frames of a block: what the `flac` tool takes too.
const BLOCK: usize = 4096;

/// Makes a FLAC stream, block by block. The head is known at the end only.
pub(crate) struct Encoder {
    frames: Frames,
    waiting: Vec<Vec<i32>>,
    total: u64,
    least: usize,
    most: usize,
    md5: Md5,
    raw: Vec<u8>,
}

impl Encoder {
    /// Bytes of the head: the marker, and a block of metadata with the description of the stream.
    pub const HEAD: usize = 4 + 4 + 34;

    /// `bits` is 16 or 24.
    pub fn new(rate: u32, channels: usize, bits: u32) -> Self {
        Self {
            frames: Frames::new(rate, channels, bits),
            waiting: vec![Vec::new(); channels],
            total: 0,
            least: usize::MAX,
            most: 0,
            md5: Md5::default(),
            raw: Vec::new(),
        }
    }

    pub fn bits(&self) -> u32 {
        self.frames.bits
    }

    /// Takes samples of each channel; `out` gets the frames that are full.
    pub fn push(
        &mut self,
        planes: &[Vec<i32>],
        mut out: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.digest(planes);
        for (waiting, plane) in self.waiting.iter_mut().zip(planes) {
            waiting.extend_from_slice(plane);
        }
        while self.waiting[0].len() >= BLOCK {
            self.block(BLOCK, &mut out)?;
        }
        Ok(())
    }

    /// Writes what is left.
    pub fn flush(&mut self, mut out: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        match self.waiting[0].len() {
            0 => Ok(()),
            rest => self.block(rest, &mut out),
        }
    }

    fn block(
        &mut self,
        frames: usize,
        out: &mut impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let planes: Vec<&[i32]> = self.waiting.iter().map(|plane| &plane[..frames]).collect();
        let bytes = self.frames.encode(&planes);
        self.least = self.least.min(bytes.len());
        self.most = self.most.max(bytes.len());
        out(bytes)?;
        self.total += frames as u64;
        for plane in &mut self.waiting {
            plane.drain(..frames);
        }
        Ok(())
    }

    /// The digest is of the samples, interleaved, little endian.
    fn digest(&mut self, planes: &[Vec<i32>]) {
        let width = self.frames.bits as usize / 8;
        let stride = width * planes.len();
        self.raw.resize(planes[0].len() * stride, 0);
        for (c, plane) in planes.iter().enumerate() {
            for (frame, value) in self.raw.chunks_exact_mut(stride).zip(plane) {
                frame[c * width..(c + 1) * width].copy_from_slice(&value.to_le_bytes()[..width]);
            }
        }
        self.md5.process_buf_bytes(&self.raw);
    }

    /// The head of the stream as it is now known.
    pub fn head(&self) -> Vec<u8> {
        let mut head = b"fLaC\x80\x00\x00\x22".to_vec(); // the last block of metadata, of 34 bytes
        head.extend((BLOCK as u16).to_be_bytes());
        head.extend((BLOCK as u16).to_be_bytes());
        let least = if self.most == 0 { 0 } else { self.least };
        head.extend(&(least as u32).to_be_bytes()[1..]);
        head.extend(&(self.most as u32).to_be_bytes()[1..]);
        let described = u64::from(self.frames.rate) << 44
            | (self.waiting.len() as u64 - 1) << 41
            | u64::from(self.frames.bits - 1) << 36
            | self.total & ((1 << 36) - 1);
        head.extend(described.to_be_bytes());
        head.extend(self.md5.md5());
        head
    }
}
