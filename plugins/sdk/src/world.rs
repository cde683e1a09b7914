//! The world outside, by permission (`plugins/SPEC.md`, section 12). A path is the permission's
//! scope and the path in its folder: `photos/2026/a.jpg`.

use std::time::Duration;

use crate::{Call, Error, raw};

/// Bytes of a file that are read at a time.
const PIECE: usize = 1 << 20;

impl Call {
    /// The time since 1970; needs `now`.
    pub fn now(&self) -> Result<Duration, Error> {
        let refused = || refused("the time", "now", "");
        raw::now().map(Duration::from_micros).ok_or_else(refused)
    }

    /// Fills `into` with random bytes fit for keys; needs `random`.
    pub fn random(&self, into: &mut [u8]) -> Result<(), Error> {
        done(raw::random(into), "randomness", "random", "")
    }

    /// The bytes of a file; needs `read`, or `write`, of its folder.
    pub fn file_size(&self, path: &str) -> Result<u64, Error> {
        raw::file_size(path).ok_or_else(|| unreadable(path))
    }

    /// Reads from byte `offset` of a file on; returns how many bytes came, 0 at the end.
    pub fn read_at(&self, path: &str, offset: u64, into: &mut [u8]) -> Result<usize, Error> {
        raw::file_read(path, offset, into).ok_or_else(|| unreadable(path))
    }

    /// A whole file.
    pub fn read_file(&self, path: &str) -> Result<Vec<u8>, Error> {
        let mut bytes = room("a file", self.file_size(path)?)?;
        let mut filled = 0;
        while filled < bytes.len() {
            let end = bytes.len().min(filled + PIECE);
            match self.read_at(path, filled as u64, &mut bytes[filled..end])? {
                0 => break, // it has become shorter
                n => filled += n,
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// The sorted names in a folder; those of folders end with `/`.
    pub fn list(&self, path: &str) -> Result<Vec<String>, Error> {
        let refused = || refused(path, "read", "there is no such folder");
        let text = whole("a list", |into| raw::file_list(path, 0, into), refused)?;
        Ok(text.lines().map(String::from).collect())
    }

    /// Writes at byte `offset` of a file, and makes the file if there is none; needs `write`.
    pub fn write_at(&self, path: &str, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let written = raw::file_write(path, offset, bytes);
        done(written, path, "write", NOT_WRITABLE)
    }

    /// Makes `bytes` the whole content of a file.
    pub fn write_file(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        self.write_at(path, 0, bytes)?;
        self.resize(path, bytes.len() as u64)
    }

    /// Cuts or extends a file to `size` bytes.
    pub fn resize(&self, path: &str, size: u64) -> Result<(), Error> {
        done(raw::file_resize(path, size), path, "write", NOT_WRITABLE)
    }

    /// Removes a file, never a folder.
    pub fn remove(&self, path: &str) -> Result<(), Error> {
        done(
            raw::file_remove(path),
            path,
            "write",
            "there is no such file",
        )
    }

    /// The clipboard's text; needs `clipboard`.
    pub fn clipboard(&self) -> Result<String, Error> {
        let refused = || refused("the clipboard", "clipboard", NO_WINDOW);
        whole(
            "the clipboard",
            |into| raw::clipboard_read(0, into),
            refused,
        )
    }

    /// Replaces the clipboard's text; at most 32 KiB.
    pub fn set_clipboard(&self, text: &str) -> Result<(), Error> {
        done(
            raw::clipboard_write(text),
            "the clipboard",
            "clipboard",
            NO_WINDOW,
        )
    }

    /// Shows a notice of one line; three in a call; needs `notify`.
    pub fn notify(&self, text: &str) -> Result<(), Error> {
        done(raw::notify(text), "a notice", "notify", NO_WINDOW)
    }
}

const NOT_WRITABLE: &str = "it cannot be written";
const NO_WINDOW: &str = "there is no window";

pub(crate) fn refused(what: &str, permission: &'static str, or: &'static str) -> Error {
    Error::Outside {
        what: what.into(),
        permission,
        or,
    }
}

fn unreadable(path: &str) -> Error {
    refused(path, "read", "there is no such file")
}

fn done(ok: bool, what: &str, permission: &'static str, or: &'static str) -> Result<(), Error> {
    if ok {
        Ok(())
    } else {
        Err(refused(what, permission, or))
    }
}

/// Memory for what the world has; not a trap when it is more than there is.
pub(crate) fn room(what: &'static str, bytes: u64) -> Result<Vec<u8>, Error> {
    let refused = Error::Refused { what, bytes };
    let mut room = Vec::new();
    match usize::try_from(bytes) {
        Ok(len) if room.try_reserve_exact(len).is_ok() => room.resize(len, 0),
        _ => return Err(refused),
    }
    Ok(room)
}

/// A text that may grow between the question for its length and the one for its bytes.
fn whole(
    what: &'static str,
    read: impl Fn(&mut [u8]) -> Option<u64>,
    refused: impl Fn() -> Error,
) -> Result<String, Error> {
    let len = read(&mut []).ok_or_else(&refused)?;
    let mut bytes = room(what, len)?;
    let now = read(&mut bytes).ok_or_else(&refused)?;
    bytes.truncate(usize::try_from(now).unwrap_or(usize::MAX));
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
