//! Hashes of files, and message authentication.

use blake2::digest::{Digest, DynDigest};
use hmac::{Mac, SimpleHmac};
use inos_sdk::{Call, Error};
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_256};
use sha3::digest::{ExtendableOutput, Update, XofReader};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};
use subtle::ConstantTimeEq;

use crate::text::{each_piece, hex, key, put, put_as, unhex, utf8};

/// One hash under way.
pub(crate) enum Hasher {
    Fixed(Box<dyn DynDigest>),
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    /// The hash by its place among the options of `algorithm`.
    pub(crate) fn new(algorithm: u32) -> Self {
        Self::Fixed(match algorithm {
            0 => Box::new(Sha224::new()),
            1 => Box::new(Sha256::new()),
            2 => Box::new(Sha384::new()),
            3 => Box::new(Sha512::new()),
            4 => Box::new(Sha512_256::new()),
            5 => Box::new(Sha3_224::new()),
            6 => Box::new(Sha3_256::new()),
            7 => Box::new(Sha3_384::new()),
            8 => Box::new(Sha3_512::new()),
            9 => Box::new(blake2::Blake2b512::new()),
            10 => Box::new(blake2::Blake2s256::new()),
            _ => return Self::Blake3(Box::default()),
        })
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Fixed(hasher) => hasher.update(bytes),
            Self::Blake3(hasher) => {
                hasher.update(bytes);
            }
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Fixed(hasher) => hasher.finalize().into_vec(),
            Self::Blake3(hasher) => hasher.finalize().as_bytes().to_vec(),
        }
    }
}

fn of_input(call: &Call, index: u32, algorithm: u32) -> Result<Vec<u8>, Error> {
    let mut hasher = Hasher::new(algorithm);
    each_piece(call, index, |piece| hasher.update(piece))?;
    Ok(hasher.finish())
}

pub(crate) fn hash(call: &mut Call) -> Result<(), Error> {
    let digest = of_input(call, 0, call.params().choice(0)?)?;
    put_as(call, 1, &digest)
}

pub(crate) fn sha256(call: &mut Call) -> Result<(), Error> {
    let digest = of_input(call, 0, 1)?;
    put_as(call, 0, &digest)
}

pub(crate) fn sha512(call: &mut Call) -> Result<(), Error> {
    let digest = of_input(call, 0, 3)?;
    put_as(call, 0, &digest)
}

pub(crate) fn blake3(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (mode, context) = (params.choice(0)?, params.text(1)?);
    let keyed = call.input_count() > 1;
    if keyed != (mode == 1) {
        return Err(Error::invalid(if keyed {
            "key is there, and mode does not use one"
        } else {
            "key is missing: mode keyed needs 32 bytes"
        }));
    }
    if (mode == 2) == context.is_empty() {
        return Err(Error::invalid(
            "context goes with mode derive, which needs one, and with no other",
        ));
    }
    let mut hasher = match mode {
        0 => blake3::Hasher::new(),
        1 => blake3::Hasher::new_keyed(&key("key", call.input(1)?.bytes()?)?),
        _ => blake3::Hasher::new_derive_key(&context),
    };
    each_piece(call, 0, |piece| {
        hasher.update(piece);
    })?;
    let mut digest = vec![0; params.count(2)?];
    hasher.finalize_xof().fill(&mut digest);
    put_as(call, 3, &digest)
}

pub(crate) fn blake2(call: &mut Call) -> Result<(), Error> {
    let (variant, len) = (call.params().choice(0)?, call.params().count(1)?);
    let most = if variant == 0 { 64 } else { 32 };
    if len > most {
        return Err(Error::invalid(format!(
            "length is {len}, this variant gives at most {most} bytes"
        )));
    }
    let key = match call.input_count() {
        0 | 1 => Vec::new(),
        _ => call.input(1)?.bytes()?.to_vec(),
    };
    if key.len() > most || (call.input_count() > 1 && key.is_empty()) {
        let given = key.len();
        return Err(Error::invalid(format!(
            "key has {given} bytes; it needs 1 to {most}"
        )));
    }
    let digest = if variant == 0 {
        let mut params = blake2b_simd::Params::new();
        let mut hasher = params.hash_length(len).key(&key).to_state();
        each_piece(call, 0, |piece| {
            hasher.update(piece);
        })?;
        hasher.finalize().as_bytes().to_vec()
    } else {
        let mut params = blake2s_simd::Params::new();
        let mut hasher = params.hash_length(len).key(&key).to_state();
        each_piece(call, 0, |piece| {
            hasher.update(piece);
        })?;
        hasher.finalize().as_bytes().to_vec()
    };
    put_as(call, 2, &digest)
}

pub(crate) fn shake(call: &mut Call) -> Result<(), Error> {
    let mut digest = vec![0; call.params().count(1)?];
    if call.params().choice(0)? == 0 {
        let mut hasher = sha3::Shake128::default();
        each_piece(call, 0, |piece| Update::update(&mut hasher, piece))?;
        hasher.finalize_xof().read(&mut digest);
    } else {
        let mut hasher = sha3::Shake256::default();
        each_piece(call, 0, |piece| Update::update(&mut hasher, piece))?;
        hasher.finalize_xof().read(&mut digest);
    }
    put_as(call, 2, &digest)
}

/// Names of the files from an input on: a line of the parameter, or what the file is called, or its
/// place, from 1.
fn names(call: &Call, param: u32, first: u32) -> Result<Vec<String>, Error> {
    let count = call.input_count().saturating_sub(first);
    let text = call.params().text(param)?;
    let mut names: Vec<String> = text.lines().map(String::from).collect();
    if names.len() > count as usize {
        let given = names.len();
        return Err(Error::invalid(format!(
            "names has {given} lines for {count} files"
        )));
    }
    for place in names.len() as u32..count {
        let name = call.input(first + place)?.name();
        names.push(if name.is_empty() {
            (place + 1).to_string()
        } else {
            name
        });
    }
    Ok(names)
}

pub(crate) fn checksums(call: &mut Call) -> Result<(), Error> {
    let algorithm = call.params().choice(0)?;
    let mut list = String::new();
    for (index, name) in names(call, 1, 0)?.iter().enumerate() {
        let digest = of_input(call, index as u32, algorithm)?;
        list += &format!("{}  {name}\n", hex(&digest));
    }
    put(call, 0, list.as_bytes())
}

/// A line of a list, as sha256sum and b3sum write it: digits, a blank, a blank or a star, the name.
fn line_of_list(at: usize, line: &str) -> Result<(Vec<u8>, &str), Error> {
    let wrong = || Error::invalid(format!("list has no digest and name in line {}", at + 1));
    let (digits, rest) = line.split_once(' ').ok_or_else(wrong)?;
    let name = rest.strip_prefix([' ', '*']).ok_or_else(wrong)?;
    let digest = unhex("list", digits.as_bytes()).map_err(|_| wrong())?;
    if name.is_empty() || digest.is_empty() {
        return Err(wrong());
    }
    Ok((digest, name))
}

pub(crate) fn check_checksums(call: &mut Call) -> Result<(), Error> {
    let algorithm = call.params().choice(0)?;
    let names = names(call, 1, 1)?;
    let list = call.input(0)?;
    let text = utf8("list", list.bytes()?)?;
    let (mut report, mut good, mut bad, mut missing) = (String::new(), 0, 0, 0);
    for (at, line) in text.lines().enumerate().filter(|(_, l)| !l.is_empty()) {
        let (wanted, name) = line_of_list(at, line)?;
        let (word, count) = match names.iter().position(|known| known == name) {
            None => ("MISSING", &mut missing),
            Some(index) => {
                let digest = of_input(call, index as u32 + 1, algorithm)?;
                if digest == wanted {
                    ("OK", &mut good)
                } else {
                    ("FAILED", &mut bad)
                }
            }
        };
        *count += 1;
        report += &format!("{name}: {word}\n");
    }
    put(call, 0, report.as_bytes())?;
    call.result(0, f64::from(good))?;
    call.result(1, f64::from(bad))?;
    call.result(2, f64::from(missing))
}

fn authenticate<M: Mac + blake2::digest::KeyInit>(
    call: &Call,
    key: &[u8],
) -> Result<Vec<u8>, Error> {
    let no_key = |_| Error::invalid("key does not fit");
    let mut mac = <M as Mac>::new_from_slice(key).map_err(no_key)?;
    each_piece(call, 0, |piece| mac.update(piece))?;
    Ok(mac.finalize().into_bytes().to_vec())
}

fn tag(call: &Call) -> Result<Vec<u8>, Error> {
    let key = call.input(1)?;
    let key = key.bytes()?;
    match call.params().choice(0)? {
        0 => authenticate::<SimpleHmac<Sha224>>(call, key),
        1 => authenticate::<SimpleHmac<Sha256>>(call, key),
        2 => authenticate::<SimpleHmac<Sha384>>(call, key),
        3 => authenticate::<SimpleHmac<Sha512>>(call, key),
        4 => authenticate::<SimpleHmac<Sha512_256>>(call, key),
        5 => authenticate::<SimpleHmac<Sha3_224>>(call, key),
        6 => authenticate::<SimpleHmac<Sha3_256>>(call, key),
        7 => authenticate::<SimpleHmac<Sha3_384>>(call, key),
        8 => authenticate::<SimpleHmac<Sha3_512>>(call, key),
        9 => authenticate::<SimpleHmac<blake2::Blake2b512>>(call, key),
        _ => authenticate::<SimpleHmac<blake2::Blake2s256>>(call, key),
    }
}

pub(crate) fn hmac(call: &mut Call) -> Result<(), Error> {
    let tag = tag(call)?;
    put_as(call, 1, &tag)
}

pub(crate) fn hmac_check(call: &mut Call) -> Result<(), Error> {
    let tag = tag(call)?;
    let input = call.input(2)?;
    let given = input.bytes()?;
    let given = if given.len() == tag.len() {
        given.to_vec()
    } else {
        unhex("tag", given)?
    };
    call.result(0, f64::from(bool::from(tag.ct_eq(&given))))
}
