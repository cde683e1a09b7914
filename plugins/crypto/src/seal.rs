//! Encryption of a file with a key: nonce, ciphertext and tag, one after the other.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInPlace, KeyInit, Nonce, Tag};
use chacha20poly1305::{ChaCha20Poly1305, XChaCha20Poly1305};
use inos_sdk::{Call, Error};
use zeroize::Zeroizing;

use crate::text::key;

const TAG: usize = 16;

/// How many bytes the nonce of a cipher has, by its place among the options.
fn nonce_bytes(cipher: u32) -> usize {
    if cipher == 2 { 24 } else { 12 }
}

fn the_key(call: &Call) -> Result<Zeroizing<[u8; 32]>, Error> {
    Ok(Zeroizing::new(key("key", call.input(1)?.bytes()?)?))
}

fn lock<C: AeadInPlace + KeyInit>(
    key: &[u8; 32],
    nonce: &[u8],
    context: &[u8],
    data: &mut [u8],
) -> Result<[u8; TAG], Error> {
    let failed = || Error::failed("the cipher refused the file: it is too long");
    let cipher = C::new_from_slice(key).map_err(|_| failed())?;
    let tag = cipher.encrypt_in_place_detached(Nonce::<C>::from_slice(nonce), context, data);
    let tag = tag.map_err(|_| failed())?;
    tag.as_slice().try_into().map_err(|_| failed())
}

fn unlock<C: AeadInPlace + KeyInit>(
    key: &[u8; 32],
    nonce: &[u8],
    context: &[u8],
    data: &mut [u8],
    tag: &[u8],
) -> Option<()> {
    let cipher = C::new_from_slice(key).ok()?;
    let (nonce, tag) = (Nonce::<C>::from_slice(nonce), Tag::<C>::from_slice(tag));
    cipher
        .decrypt_in_place_detached(nonce, context, data, tag)
        .ok()
}

pub(crate) fn encrypt(call: &mut Call) -> Result<(), Error> {
    let (cipher, context) = (call.params().choice(0)?, call.params().text(1)?);
    let key = the_key(call)?;
    let mut nonce = vec![0; nonce_bytes(cipher)];
    call.random(&mut nonce)?;
    let input = call.input(0)?;
    let plain = input.bytes()?;
    call.progress(0, plain.len() as u64)?;
    let mut output = call.output(0)?;
    let all = output.map(nonce.len() + plain.len() + TAG)?;
    let (head, rest) = all.split_at_mut(nonce.len());
    let (data, end) = rest.split_at_mut(plain.len());
    head.copy_from_slice(&nonce);
    data.copy_from_slice(plain);
    let context = context.as_bytes();
    let tag = match cipher {
        0 => lock::<Aes256Gcm>(&key, &nonce, context, data),
        1 => lock::<ChaCha20Poly1305>(&key, &nonce, context, data),
        _ => lock::<XChaCha20Poly1305>(&key, &nonce, context, data),
    }?;
    end.copy_from_slice(&tag);
    let len = nonce.len() + plain.len() + TAG;
    output.finish(len)
}

pub(crate) fn decrypt(call: &mut Call) -> Result<(), Error> {
    let (cipher, context) = (call.params().choice(0)?, call.params().text(1)?);
    let key = the_key(call)?;
    let input = call.input(0)?;
    let (all, head) = (input.bytes()?, nonce_bytes(cipher));
    let len = all.len().checked_sub(head + TAG).ok_or_else(|| {
        Error::invalid(format!(
            "sealed has {} bytes, a nonce and a tag alone have {}",
            all.len(),
            head + TAG
        ))
    })?;
    call.progress(0, len as u64)?;
    let (nonce, rest) = all.split_at(head);
    let (sealed, tag) = rest.split_at(len);
    let mut output = call.output(0)?;
    let data = output.map(len)?;
    data.copy_from_slice(sealed);
    let context = context.as_bytes();
    let opened = match cipher {
        0 => unlock::<Aes256Gcm>(&key, nonce, context, data, tag),
        1 => unlock::<ChaCha20Poly1305>(&key, nonce, context, data, tag),
        _ => unlock::<XChaCha20Poly1305>(&key, nonce, context, data, tag),
    };
    if opened.is_none() {
        data.fill(0); // what is not proved is not shown
        return Err(Error::invalid(
            "sealed does not open: the key, the context or the cipher is another, or it was changed",
        ));
    }
    output.finish(len)
}
