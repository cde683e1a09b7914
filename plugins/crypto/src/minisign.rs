//! Signatures of minisign, with keys that no password locks (`minisign -G -W`).

use base64ct::{Base64, Encoding};
use blake2::{Blake2b512, Digest};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use inos_sdk::{Call, Error};
use zeroize::Zeroizing;

use crate::text::{each_piece, put, utf8};

/// The only line of base64 of a file of `minisign`: the one after its comment, or the only one.
fn body<const N: usize>(name: &str, text: &str) -> Result<[u8; N], Error> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let line = match lines.as_slice() {
        [comment, line, ..] if comment.starts_with("untrusted comment:") => line,
        [line] => line,
        _ => "",
    };
    let bytes = Base64::decode_vec(line).ok();
    let bytes: Option<[u8; N]> = bytes.and_then(|b| b.try_into().ok());
    bytes.ok_or_else(|| Error::invalid(format!("{name} is no file of minisign")))
}

fn digest(call: &Call) -> Result<Vec<u8>, Error> {
    let mut hasher = Blake2b512::new();
    each_piece(call, 0, |piece| hasher.update(piece))?;
    Ok(hasher.finalize().to_vec())
}

pub(crate) fn sign(call: &mut Call) -> Result<(), Error> {
    let comment = call.params().text(0)?;
    if comment.chars().any(char::is_control) {
        return Err(Error::invalid("comment is not one line"));
    }
    let input = call.input(1)?;
    let key = Zeroizing::new(body::<158>("key", utf8("key", input.bytes()?)?)?);
    // Algorithms (2 + 2 + 2), salt and limits (48), then key id (8), seed (32), public key (32), checksum (32).
    if key[..2] != *b"Ed" || key[2..4] != [0, 0] {
        return Err(Error::invalid(
            "key is locked by a password, or is none of minisign's; minisign -C -W takes the password off",
        ));
    }
    let pair: Zeroizing<[u8; 64]> = Zeroizing::new(std::array::from_fn(|i| key[62 + i]));
    let signer = SigningKey::from_keypair_bytes(&pair);
    let signer = signer.map_err(|_| Error::invalid("key is broken: its halves do not fit"))?;
    let signature = signer.sign(&digest(call)?).to_bytes();
    let all = signer.sign(&[&signature[..], comment.as_bytes()].concat());
    let text = format!(
        "untrusted comment: signature from INOS\n{}\ntrusted comment: {comment}\n{}\n",
        Base64::encode_string(&[&b"ED"[..], &key[54..62], &signature].concat()),
        Base64::encode_string(&all.to_bytes()),
    );
    put(call, 0, text.as_bytes())
}

pub(crate) fn check(call: &mut Call) -> Result<(), Error> {
    let (public, signature) = (call.input(1)?, call.input(2)?);
    let public = body::<42>("public", utf8("public", public.bytes()?)?)?;
    let text = utf8("signature", signature.bytes()?)?;
    let head = body::<74>("signature", text)?;
    let wrong = || Error::invalid("signature is no file of minisign");
    let mut lines = text.lines().skip(2);
    let comment = lines
        .next()
        .and_then(|l| l.strip_prefix("trusted comment: "));
    let comment = comment.ok_or_else(wrong)?;
    let global =
        Base64::decode_vec(lines.next().unwrap_or_default().trim()).map_err(|_| wrong())?;
    let global = Signature::from_slice(&global).map_err(|_| wrong())?;
    let first = Signature::from_slice(&head[10..]).map_err(|_| wrong())?;
    let key: [u8; 32] = std::array::from_fn(|i| public[10 + i]);
    let key = VerifyingKey::from_bytes(&key)
        .ok()
        .filter(|_| public[..2] == *b"Ed");
    let key = key.ok_or_else(|| Error::invalid("public is no key of minisign"))?;
    let signed = match &head[..2] {
        b"ED" => key.verify_strict(&digest(call)?, &first),
        b"Ed" => key.verify_strict(call.input(0)?.bytes()?, &first),
        _ => return Err(wrong()),
    };
    let covered = [&head[10..], comment.as_bytes()].concat();
    let valid = head[2..10] == public[2..10]
        && signed.is_ok()
        && key.verify_strict(&covered, &global).is_ok();
    put(call, 0, format!("{comment}\n").as_bytes())?;
    call.result(0, f64::from(valid))
}
