//! Files of age (age-encryption.org/v1), for recipients with an X25519 key or for a passphrase.

use base64ct::{Base64Unpadded, Encoding};
use bech32::{Bech32, Hrp};
use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Tag};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use inos_sdk::{Call, Error};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::encode::{from_pem, to_pem};
use crate::scrypt::{self, Cost};
use crate::text::{put, utf8};

const VERSION: &str = "age-encryption.org/v1";
const ARMOR: &str = "AGE ENCRYPTED FILE";
const RECIPIENT: &str = "age";
const IDENTITY: &str = "AGE-SECRET-KEY-";
const CHUNK: usize = 64 << 10;
const TAG: usize = 16;
const FILE_KEY: usize = 16;
/// The work that a passphrase costs here when a file is made: 128 MiB and about a second.
const LOG_N: u32 = 17;
/// The most that a file may ask for: 1 GiB and half a minute.
const MOST_LOG_N: u32 = 20;
const MOST_STANZAS: usize = 64;

type Key = Zeroizing<[u8; 32]>;

fn hkdf(salt: &[u8], secret: &[u8], info: &[u8]) -> Result<Key, Error> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand(info, key.as_mut())
        .map_err(|_| Error::failed("no key came of HKDF"))?;
    Ok(key)
}

fn seal(key: &Key, nonce: &[u8; 12], data: &mut [u8]) -> Result<[u8; TAG], Error> {
    let failed = || Error::failed("the cipher refused a piece");
    let cipher = ChaCha20Poly1305::new(key.as_ref().into());
    let tag = cipher.encrypt_in_place_detached(nonce.into(), b"", data);
    Ok(tag.map_err(|_| failed())?.into())
}

/// Opens in place; the tag is at the end. None: it does not fit.
fn open<'d>(key: &Key, nonce: &[u8; 12], sealed: &'d mut [u8]) -> Option<&'d mut [u8]> {
    let (data, tag) = sealed.split_at_mut(sealed.len().checked_sub(TAG)?);
    let cipher = ChaCha20Poly1305::new(key.as_ref().into());
    let opened = cipher.decrypt_in_place_detached(nonce.into(), b"", data, Tag::from_slice(tag));
    opened.ok().map(|()| data)
}

/// The key of one recipient for one file.
fn shared(
    secret: &StaticSecret,
    theirs: &[u8; 32],
    ephemeral: &[u8; 32],
    recipient: &[u8; 32],
) -> Option<Key> {
    let point = secret.diffie_hellman(&PublicKey::from(*theirs));
    if !point.was_contributory() {
        return None;
    }
    let salt = [*ephemeral, *recipient].concat();
    hkdf(&salt, point.as_bytes(), b"age-encryption.org/v1/X25519").ok()
}

fn from_bech32(text: &str, prefix: &str) -> Option<[u8; 32]> {
    // A text of both cases is none; the prefix is in the case of the rest.
    let checked = bech32::primitives::decode::CheckedHrpstring::new::<Bech32>(text).ok()?;
    if !text.starts_with(prefix) {
        return None;
    }
    let bytes: Vec<u8> = checked.byte_iter().collect();
    bytes.try_into().ok()
}

fn to_bech32(bytes: &[u8; 32], prefix: &str) -> Result<String, Error> {
    let failed = || Error::failed("a key could not be written");
    let hrp = Hrp::parse(prefix).map_err(|_| failed())?;
    bech32::encode::<Bech32>(hrp, bytes).map_err(|_| failed())
}

pub(crate) fn keygen(call: &mut Call) -> Result<(), Error> {
    let mut secret = Zeroizing::new([0; 32]);
    call.random(secret.as_mut())?;
    let recipient = PublicKey::from(&StaticSecret::from(*secret));
    let recipient = to_bech32(recipient.as_bytes(), RECIPIENT)?;
    let identity = Zeroizing::new(to_bech32(&secret, IDENTITY)?.to_ascii_uppercase());
    put(
        call,
        0,
        format!("# public key: {recipient}\n{}\n", *identity).as_bytes(),
    )?;
    put(call, 1, format!("{recipient}\n").as_bytes())
}

/// Lines that are neither empty nor a comment, with their number.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

struct Stanza<'t> {
    args: Vec<&'t str>,
    body: Vec<u8>,
}

/// The header: stanzas, the text that its code covers, the code, and where the payload begins.
struct Header<'t> {
    stanzas: Vec<Stanza<'t>>,
    covered: &'t [u8],
    mac: Vec<u8>,
    end: usize,
}

fn broken(what: impl std::fmt::Display) -> Error {
    Error::invalid(format!("sealed is no file of age: {what}"))
}

/// The line of the header at `at`, and where the next begins.
fn header_line(all: &[u8], at: usize) -> Result<(&str, usize), Error> {
    let rest = &all[at.min(all.len())..];
    let rest = &rest[..rest.len().min(4096)];
    let end = rest.iter().position(|b| *b == b'\n');
    let end = end.ok_or_else(|| broken(format!("its header stops at byte {at}")))?;
    let line = std::str::from_utf8(&rest[..end])
        .ok()
        .filter(|l| l.bytes().all(|b| (b' '..0x7f).contains(&b)));
    let line = line.ok_or_else(|| broken(format!("its header is no text at byte {at}")))?;
    Ok((line, at + end + 1))
}

fn header(all: &[u8]) -> Result<Header<'_>, Error> {
    let (first, mut at) = header_line(all, 0).map_err(|_| broken("it does not begin as one"))?;
    if first != VERSION {
        return Err(broken("it does not begin as one"));
    }
    let mut stanzas = Vec::new();
    loop {
        let start = at;
        let (line, next) = header_line(all, at)?;
        at = next;
        if let Some(mac) = line.strip_prefix("--- ") {
            let mac =
                Base64Unpadded::decode_vec(mac).map_err(|_| broken("its header has no code"))?;
            if mac.len() != 32 || stanzas.is_empty() {
                return Err(broken("its header has no code or no recipient"));
            }
            return Ok(Header {
                stanzas,
                covered: &all[..start + 3],
                mac,
                end: at,
            });
        }
        let args = line.strip_prefix("-> ");
        let args = args.ok_or_else(|| broken(format!("there is no recipient at byte {start}")))?;
        let mut body = Vec::new();
        loop {
            let (line, next) = header_line(all, at)?;
            let piece = Base64Unpadded::decode_vec(line)
                .ok()
                .filter(|p| p.len() <= 48);
            body.extend(
                piece.ok_or_else(|| broken(format!("a recipient is broken at byte {at}")))?,
            );
            at = next;
            if line.len() < 64 {
                break;
            }
        }
        if stanzas.len() >= MOST_STANZAS {
            return Err(broken(format!(
                "it has more than {MOST_STANZAS} recipients"
            )));
        }
        stanzas.push(Stanza {
            args: args.split(' ').collect(),
            body,
        });
    }
}

fn code(file_key: &[u8], covered: &[u8]) -> Result<Hmac<Sha256>, Error> {
    let key = hkdf(b"", file_key, b"header")?;
    let mac = <Hmac<Sha256> as Mac>::new_from_slice(key.as_ref());
    let mac = mac.map_err(|_| Error::failed("no code came of HMAC"))?;
    Ok(mac.chain_update(covered))
}

fn nonce_of(counter: u64, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&counter.to_be_bytes());
    nonce[11] = last.into();
    nonce
}

fn stanza_text(args: &str, sealed: &[u8]) -> String {
    format!("-> {args}\n{}\n", Base64Unpadded::encode_string(sealed))
}

fn wrap(key: &Key, file_key: &[u8; FILE_KEY]) -> Result<Vec<u8>, Error> {
    let mut body = file_key.to_vec();
    let tag = seal(key, &[0; 12], &mut body)?;
    body.extend(tag);
    Ok(body)
}

/// The recipients of a file that is made, as text.
fn stanzas(call: &Call, file_key: &[u8; FILE_KEY]) -> Result<String, Error> {
    let recipients = call.params().text(0)?;
    let passphrase = Zeroizing::new(call.params().text(1)?);
    let count = lines(&recipients).count();
    if (count == 0) == passphrase.is_empty() {
        return Err(Error::invalid("give either recipients or a passphrase"));
    }
    if count == 0 {
        let mut salt = [0; 16];
        call.random(&mut salt)?;
        let key = passphrase_key(call, &passphrase, &salt, LOG_N)?;
        let args = format!("scrypt {} {LOG_N}", Base64Unpadded::encode_string(&salt));
        return Ok(stanza_text(&args, &wrap(&key, file_key)?));
    }
    if count > MOST_STANZAS {
        return Err(Error::invalid(format!(
            "recipients are {count}, at most {MOST_STANZAS} are allowed"
        )));
    }
    let mut text = String::new();
    for (at, line) in lines(&recipients) {
        let wrong = || Error::invalid(format!("recipients has no key like age1... in line {at}"));
        let recipient = from_bech32(line, "age1").ok_or_else(wrong)?;
        let mut secret = Zeroizing::new([0; 32]);
        call.random(secret.as_mut())?;
        let secret = StaticSecret::from(*secret);
        let ephemeral = PublicKey::from(&secret);
        let key =
            shared(&secret, &recipient, ephemeral.as_bytes(), &recipient).ok_or_else(wrong)?;
        let args = format!(
            "X25519 {}",
            Base64Unpadded::encode_string(ephemeral.as_bytes())
        );
        text += &stanza_text(&args, &wrap(&key, file_key)?);
    }
    Ok(text)
}

fn passphrase_key(call: &Call, passphrase: &str, salt: &[u8], log_n: u32) -> Result<Key, Error> {
    let salt = [b"age-encryption.org/v1/scrypt", salt].concat();
    let mut key = Zeroizing::new([0; 32]);
    let cost = Cost { log_n, r: 8, p: 1 };
    scrypt::derive(call, passphrase.as_bytes(), &salt, cost, key.as_mut())?;
    Ok(key)
}

pub(crate) fn encrypt(call: &mut Call) -> Result<(), Error> {
    let mut file_key = Zeroizing::new([0; FILE_KEY]);
    call.random(file_key.as_mut())?;
    let mut head = format!("{VERSION}\n{}---", stanzas(call, &file_key)?);
    let mac = code(file_key.as_ref(), head.as_bytes())?
        .finalize()
        .into_bytes();
    head += &format!(" {}\n", Base64Unpadded::encode_string(&mac));
    let mut nonce = [0; 16];
    call.random(&mut nonce)?;
    let key = hkdf(&nonce, file_key.as_ref(), b"payload")?;
    let input = call.input(0)?;
    let plain = input.bytes()?;
    let chunks = plain.len().div_ceil(CHUNK).max(1);
    let len = head.len() + nonce.len() + plain.len() + chunks * TAG;
    let armor = call.params().flag(2)?;
    let mut held = Vec::new();
    let mut output = call.output(0)?;
    let all = if armor {
        held.try_reserve_exact(len)
            .map_err(|_| Error::failed(format!("there is no memory of {len} bytes")))?;
        held.resize(len, 0);
        &mut held[..]
    } else {
        output.map(len)?
    };
    all[..head.len()].copy_from_slice(head.as_bytes());
    let (salt, mut rest) = all[head.len()..].split_at_mut(nonce.len());
    salt.copy_from_slice(&nonce);
    for at in 0..chunks {
        call.progress((at * CHUNK) as u64, plain.len() as u64)?;
        let piece = &plain[at * CHUNK..plain.len().min((at + 1) * CHUNK)];
        let (data, next) = rest.split_at_mut(piece.len());
        let (tag, next) = next.split_at_mut(TAG);
        data.copy_from_slice(piece);
        tag.copy_from_slice(&seal(&key, &nonce_of(at as u64, at + 1 == chunks), data)?);
        rest = next;
    }
    if !armor {
        return output.finish(len);
    }
    let text = to_pem(ARMOR, &held);
    output.map(text.len())?.copy_from_slice(text.as_bytes());
    output.media("text/plain")?;
    output.finish(text.len())
}

/// The key of the file by the passphrase or by one of the identities.
fn file_key(call: &Call, header: &Header) -> Result<Zeroizing<Vec<u8>>, Error> {
    let passphrase = Zeroizing::new(call.params().text(0)?);
    let opened = |key: Key, body: &[u8]| {
        let mut body = Zeroizing::new(body.to_vec());
        if body.len() != FILE_KEY + TAG {
            return None;
        }
        open(&key, &[0; 12], &mut body).map(|k| Zeroizing::new(k.to_vec()))
    };
    if let [Stanza { args, body }] = header.stanzas.as_slice()
        && let ["scrypt", salt, log_n] = args.as_slice()
    {
        if passphrase.is_empty() {
            return Err(Error::invalid(
                "passphrase is missing: the file was made with one",
            ));
        }
        let salt = Base64Unpadded::decode_vec(salt)
            .ok()
            .filter(|s| s.len() == 16);
        let salt = salt.ok_or_else(|| broken("its salt is not 16 bytes"))?;
        let plain = |c: char| c.is_ascii_digit();
        let log_n: u32 = Some(log_n)
            .filter(|l| l.chars().all(plain) && !l.starts_with('0'))
            .and_then(|l| l.parse().ok())
            .ok_or_else(|| broken("its work is no number"))?;
        if log_n > MOST_LOG_N {
            return Err(Error::invalid(format!(
                "sealed asks for 2^{log_n} steps of scrypt, at most 2^{MOST_LOG_N} are done"
            )));
        }
        let key = passphrase_key(call, &passphrase, &salt, log_n)?;
        return opened(key, body).ok_or_else(|| Error::invalid("passphrase is not the file's"));
    }
    if call.input_count() < 2 {
        return Err(Error::invalid(
            "identity is missing: the file is for holders of a key",
        ));
    }
    let input = call.input(1)?;
    for (at, line) in lines(utf8("identity", input.bytes()?)?) {
        let wrong = || {
            Error::invalid(format!(
                "identity has no key like AGE-SECRET-KEY-1... in line {at}"
            ))
        };
        let secret = Zeroizing::new(from_bech32(line, "AGE-SECRET-KEY-1").ok_or_else(wrong)?);
        let secret = StaticSecret::from(*secret);
        let own = PublicKey::from(&secret);
        for stanza in &header.stanzas {
            let ["X25519", ephemeral] = stanza.args.as_slice() else {
                continue;
            };
            let ephemeral = Base64Unpadded::decode_vec(ephemeral).ok();
            let ephemeral: Option<[u8; 32]> = ephemeral.and_then(|e| e.try_into().ok());
            let ephemeral =
                ephemeral.ok_or_else(|| broken("the key of a recipient is not 32 bytes"))?;
            let key = shared(&secret, &ephemeral, &ephemeral, own.as_bytes());
            if let Some(found) = key.and_then(|key| opened(key, &stanza.body)) {
                return Ok(found);
            }
        }
    }
    Err(Error::invalid("identity is none of the file's recipients"))
}

pub(crate) fn decrypt(call: &mut Call) -> Result<(), Error> {
    let input = call.input(0)?;
    let given = input.bytes()?;
    let bare;
    let all = if given.trim_ascii_start().starts_with(b"-----BEGIN ") {
        let (label, bytes) = from_pem("sealed", given)?;
        if label != ARMOR {
            return Err(broken(format!("its label is not {ARMOR}")));
        }
        bare = bytes;
        bare.as_slice()
    } else {
        given
    };
    let header = header(all)?;
    let file_key = file_key(call, &header)?;
    code(&file_key, header.covered)?
        .verify_slice(&header.mac)
        .map_err(|_| broken("its header was changed"))?;
    let rest = &all[header.end..];
    let (nonce, payload) = rest
        .split_at_checked(16)
        .ok_or_else(|| broken("its payload is missing"))?;
    let key = hkdf(nonce, &file_key, b"payload")?;
    let chunks = payload.len().div_ceil(CHUNK + TAG);
    let len = payload
        .len()
        .checked_sub(chunks * TAG)
        .filter(|_| chunks > 0);
    let len = len.ok_or_else(|| broken("its payload stops early"))?;
    let mut output = call.output(0)?;
    let data = output.map(len)?;
    let (mut done, mut room) = (0, Zeroizing::new(vec![0; CHUNK + TAG]));
    for (at, piece) in payload.chunks(CHUNK + TAG).enumerate() {
        call.progress(done as u64, len as u64)?;
        let (last, sealed) = (at + 1 == chunks, &mut room[..piece.len()]);
        sealed.copy_from_slice(piece);
        let plain =
            open(&key, &nonce_of(at as u64, last), sealed).filter(|p| !p.is_empty() || at == 0);
        let Some(plain) = plain else {
            data.fill(0); // a part of a file must not pass for the whole
            return Err(broken(format!(
                "it was changed or cut short in piece {}",
                at + 1
            )));
        };
        data[done..done + plain.len()].copy_from_slice(plain);
        done += plain.len();
    }
    output.finish(len)
}
