//! Keys from passwords and from other keys, and passwords that are checked by their hash.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64ct::{Base64Unpadded, Encoding};
use hkdf::SimpleHkdf;
use hmac::{Hmac, Mac};
use inos_sdk::{Call, Error};
use sha2::{Sha224, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::scrypt::{self, Cost};
use crate::text::{put, put_as, unhex, utf8};

/// Memory that Argon2 may take, in KiB: half of what a plugin has.
const MOST_KIB: u32 = 128 << 10;
/// Passes times KiB: some minutes.
const MOST_WORK: u64 = 1 << 26;

pub(crate) fn hkdf(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let salt = unhex("salt", params.text(1)?.as_bytes())?;
    let info = params.text(2)?;
    let material = call.input(0)?;
    let material = material.bytes()?;
    let mut key = Zeroizing::new(vec![0; params.count(3)?]);
    let salt = Some(salt.as_slice());
    let done = match params.choice(0)? {
        0 => SimpleHkdf::<Sha256>::new(salt, material).expand(info.as_bytes(), &mut key),
        1 => SimpleHkdf::<Sha384>::new(salt, material).expand(info.as_bytes(), &mut key),
        _ => SimpleHkdf::<Sha512>::new(salt, material).expand(info.as_bytes(), &mut key),
    };
    done.map_err(|_| Error::invalid("length is more than 255 times that of the hash"))?;
    put_as(call, 4, &key)
}

/// PBKDF2 (RFC 8018), written out so that it can be stopped.
fn stretch<M: Mac + Clone>(
    call: &Call,
    keyed: &M,
    salt: &[u8],
    rounds: u32,
    key: &mut [u8],
) -> Result<(), Error> {
    let width = M::output_size();
    let total = key.len().div_ceil(width) as u64 * u64::from(rounds);
    for (at, block) in key.chunks_mut(width).enumerate() {
        let number = (at as u32 + 1).to_be_bytes();
        let first = keyed.clone().chain_update(salt).chain_update(number);
        let mut u = first.finalize().into_bytes();
        let mut sum = u.clone();
        for round in 1..rounds {
            if round.is_multiple_of(4096) {
                call.progress(at as u64 * u64::from(rounds) + u64::from(round), total)?;
            }
            u = keyed.clone().chain_update(&u).finalize().into_bytes();
            for (s, byte) in sum.iter_mut().zip(&u) {
                *s ^= byte;
            }
        }
        let len = block.len();
        block.copy_from_slice(&sum[..len]);
    }
    Ok(())
}

pub(crate) fn pbkdf2(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let password = Zeroizing::new(params.text(1)?);
    let salt = unhex("salt", params.text(2)?.as_bytes())?;
    let rounds = params.count(3)? as u32;
    let mut key = Zeroizing::new(vec![0; params.count(4)?]);
    macro_rules! by {
        ($hash:ty) => {{
            let unfit = |_| Error::invalid("password does not fit");
            let keyed = <Hmac<$hash> as Mac>::new_from_slice(password.as_bytes()).map_err(unfit)?;
            stretch(call, &keyed, &salt, rounds, &mut key)?;
        }};
    }
    match params.choice(0)? {
        0 => by!(Sha224),
        1 => by!(Sha256),
        2 => by!(Sha384),
        _ => by!(Sha512),
    }
    put_as(call, 5, &key)
}

pub(crate) fn scrypt(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let password = Zeroizing::new(params.text(0)?);
    let salt = unhex("salt", params.text(1)?.as_bytes())?;
    let cost = Cost {
        log_n: params.count(2)? as u32,
        r: params.count(3)?,
        p: params.count(4)?,
    };
    let mut key = Zeroizing::new(vec![0; params.count(5)?]);
    scrypt::derive(call, password.as_bytes(), &salt, cost, &mut key)?;
    put_as(call, 6, &key)
}

/// What a hash of Argon2 is made with.
#[derive(Clone)]
struct Recipe {
    algorithm: Algorithm,
    version: Version,
    kib: u32,
    passes: u32,
    lanes: u32,
    salt: Vec<u8>,
}

impl Recipe {
    fn derive(&self, password: &[u8], len: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
        let Self {
            kib, passes, lanes, ..
        } = *self;
        if kib > MOST_KIB || u64::from(kib) * u64::from(passes) > MOST_WORK || lanes > 64 {
            return Err(Error::invalid(format!(
                "memory is {kib} KiB, passes are {passes}, lanes {lanes}: at most {MOST_KIB} KiB, \
                 {MOST_WORK} KiB over all passes and 64 lanes are done here"
            )));
        }
        let unfit = |e: argon2::Error| Error::invalid(format!("Argon2 refuses: {e}"));
        let params = Params::new(kib, passes, lanes, Some(len)).map_err(unfit)?;
        let mut blocks = Vec::new();
        blocks
            .try_reserve_exact(params.block_count())
            .map_err(|_| Error::failed(format!("there is no memory of {kib} KiB")))?;
        blocks.resize(params.block_count(), Block::default());
        let mut key = Zeroizing::new(vec![0; len]);
        Argon2::new(self.algorithm, self.version, params)
            .hash_password_into_with_memory(password, &self.salt, &mut key, &mut blocks)
            .map_err(unfit)?;
        Ok(key)
    }
}

fn recipe(call: &Call, from: u32) -> Result<Recipe, Error> {
    let params = call.params();
    Ok(Recipe {
        algorithm: Algorithm::Argon2id,
        version: Version::V0x13,
        kib: params.count(from + 1)? as u32,
        passes: params.count(from + 2)? as u32,
        lanes: params.count(from + 3)? as u32,
        salt: unhex("salt", params.text(from)?.as_bytes())?,
    })
}

pub(crate) fn argon2id(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let password = Zeroizing::new(params.text(0)?);
    let key = recipe(call, 1)?.derive(password.as_bytes(), params.count(5)?)?;
    put_as(call, 6, &key)
}

pub(crate) fn password_hash(call: &mut Call) -> Result<(), Error> {
    let password = Zeroizing::new(call.params().text(0)?);
    let mut recipe = recipe(call, 1)?;
    if recipe.salt.is_empty() {
        recipe.salt = vec![0; 16];
        call.random(&mut recipe.salt)?;
    }
    let key = recipe.derive(password.as_bytes(), 32)?;
    let text = format!(
        "$argon2id$v=19$m={},t={},p={}${}${}\n",
        recipe.kib,
        recipe.passes,
        recipe.lanes,
        Base64Unpadded::encode_string(&recipe.salt),
        Base64Unpadded::encode_string(&key)
    );
    put(call, 0, text.as_bytes())
}

/// Reads the text that `password_hash` and other programs write.
fn parse(text: &str) -> Option<(Recipe, Vec<u8>)> {
    let fields: Vec<&str> = text.trim_end().split('$').collect();
    let ["", name, rest @ ..] = fields.as_slice() else {
        return None;
    };
    let algorithm = match *name {
        "argon2id" => Algorithm::Argon2id,
        "argon2i" => Algorithm::Argon2i,
        "argon2d" => Algorithm::Argon2d,
        _ => return None,
    };
    let (version, rest) = match rest {
        ["v=19", rest @ ..] => (Version::V0x13, rest),
        ["v=16", rest @ ..] => (Version::V0x10, rest),
        rest => (Version::V0x10, rest),
    };
    let [cost, salt, hash] = rest else {
        return None;
    };
    let cost: Vec<&str> = cost.split(',').collect();
    let [m, t, p] = cost.as_slice() else {
        return None;
    };
    let number = |text: &str, name: &str| text.strip_prefix(name)?.parse().ok();
    let recipe = Recipe {
        algorithm,
        version,
        kib: number(m, "m=")?,
        passes: number(t, "t=")?,
        lanes: number(p, "p=")?,
        salt: Base64Unpadded::decode_vec(salt).ok()?,
    };
    let hash = Base64Unpadded::decode_vec(hash).ok()?;
    (4..=64).contains(&hash.len()).then_some((recipe, hash))
}

pub(crate) fn password_check(call: &mut Call) -> Result<(), Error> {
    let password = Zeroizing::new(call.params().text(0)?);
    let input = call.input(0)?;
    let text = utf8("hash", input.bytes()?)?;
    let unfit =
        || Error::invalid("hash is no text like $argon2id$v=19$m=...,t=...,p=...$salt$hash");
    let (recipe, hash) = parse(text).ok_or_else(unfit)?;
    let key = recipe.derive(password.as_bytes(), hash.len())?;
    call.result(0, f64::from(bool::from(key.ct_eq(&hash))))
}
