/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    Two,
    Three,
    Float,
}

impl Width {
    pub fn bytes(self) -> usize {
        match self {
            Width::Two => 2,
            Width::Three => 3,
            Width::Float => 4,
        }
    }
}

/// Speakers of one to eight channels, as bits of Microsoft's `dwChannelMask`: the order of FLAC.
const SPEAKERS: [u32; 8] = [0x4, 0x3, 0x7, 0x33, 0x37, 0x3F, 0x70F, 0x63F];

const PCM: u16 = 1;
const IEEE_FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xFFFE;
/// What follows the code of the format in the subformat of WAVE_FORMAT_EXTENSIBLE.
const SUBFORMAT: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

/// The head of a WAV file with `bytes` bytes of samples.
pub(crate) fn head(rate: u32, channels: usize, width: Width, bytes: usize) -> Vec<u8> {
    let extensible = channels > 2 || width == Width::Three;
    let code = if width == Width::Float {
        IEEE_FLOAT
    } else {
        PCM
    };
    let frame = channels * width.bytes();
    let mut format = Vec::new();
    format.extend((if extensible { EXTENSIBLE } else { code }).to_le_bytes());
    format.extend((channels as u16).to_le_bytes());
    format.extend(rate.to_le_bytes());
    format.extend(rate.saturating_mul(frame as u32).to_le_bytes());
    format.extend((frame as u16).to_le_bytes());
    format.extend((width.bytes() as u16 * 8).to_le_bytes());
    if extensible {
        format.extend(22u16.to_le_bytes());
        format.extend((width.bytes() as u16 * 8).to_le_bytes());
        format.extend(SPEAKERS[channels.clamp(1, 8) - 1].to_le_bytes());
        format.extend(code.to_le_bytes());
        format.extend(SUBFORMAT);
    } else if code == IEEE_FLOAT {
        format.extend(0u16.to_le_bytes());
    }
    let mut chunks = chunk(b"fmt ", &format);
    if code == IEEE_FLOAT {
        chunks.extend(chunk(b"fact", &((bytes / frame) as u32).to_le_bytes()));
    }
    chunks.extend(b"data");
    chunks.extend((bytes as u32).to_le_bytes());
    let mut head = b"RIFF".to_vec();
    // Chunks lie at even places: one byte more behind an odd number.
    let whole = 4 + chunks.len() + bytes + bytes % 2;
    head.extend((whole as u32).to_le_bytes());
    head.extend(b"WAVE");
    head.extend(chunks);
    head
}

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = name.to_vec();
    chunk.extend((body.len() as u32).to_le_bytes());
    chunk.extend(body);
    chunk
}
