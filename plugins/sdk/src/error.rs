use std::fmt;

/// Why an op or a tick failed. Its text reaches the user, its [`code`](Error::code) the host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The plugin's own reason, in a sentence.
    Failed(String),
    /// A parameter or an input that does not fit: the sentence names it, and what would.
    Invalid(String),
    /// The host asked the plugin to stop.
    Cancelled,
    /// The manifest promises an op that the plugin does not have.
    UnknownOp(u32),
    /// The op or the live part has no such parameter, or it is of another kind.
    NoParam(u32),
    /// There is no such setting, it is of another kind, or it is a secret that is not set.
    NoSetting(u32),
    /// The call has no such input.
    NoInput(u32),
    /// The op has no such output or result, or the live part no such channel.
    NoPort(u32),
    /// The host refused memory: a limit or the budget. The host adds which.
    Refused {
        /// What the memory was for.
        what: &'static str,
        /// How much was asked for.
        bytes: u64,
    },
    /// A range outside of an input, an output or the shared memory.
    OutOfRange {
        /// First byte wanted.
        offset: u64,
        /// Bytes wanted.
        len: u64,
        /// Bytes there are.
        of: u64,
    },
    /// Bytes that are no whole number of aligned elements.
    Misaligned {
        /// Bytes there are.
        len: u64,
        /// Size of an element.
        element: usize,
    },
    /// Two handles on the same input or output at once.
    Busy(u32),
    /// The world outside was asked for something that it did not give.
    Outside {
        /// What was asked for, as the subject of a sentence: `the time`, `photos/a.jpg`.
        what: String,
        /// The permission that it needs, as the manifest names it: `now`, `read`.
        permission: &'static str,
        /// What else may be the reason, like "there is no such file"; empty: nothing.
        or: &'static str,
    },
    /// More than one shard asked for what only a single one may have.
    Sharded,
}

impl Error {
    /// [`Error::Failed`] from anything that is text.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// [`Error::Invalid`] from anything that is text.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }

    /// What the export returns for this error; never 0.
    pub fn code(&self) -> i32 {
        match self {
            Self::Failed(_) => 1,
            Self::Invalid(_) => 2,
            Self::Cancelled => 3,
            Self::UnknownOp(_) => 4,
            Self::NoParam(_) | Self::NoSetting(_) | Self::NoInput(_) | Self::NoPort(_) => 5,
            Self::Refused { .. } => 6,
            Self::OutOfRange { .. } => 7,
            Self::Misaligned { .. } => 8,
            Self::Busy(_) | Self::Sharded => 9,
            Self::Outside { .. } => 10,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(text) | Self::Invalid(text) => f.write_str(text),
            Self::Cancelled => f.write_str("cancelled"),
            Self::UnknownOp(op) => write!(f, "the plugin has no op {op}"),
            Self::NoParam(i) => write!(f, "there is no parameter {i} of this kind"),
            Self::NoSetting(i) => write!(f, "setting {i} is not set"),
            Self::NoInput(i) => write!(f, "there is no input {i}"),
            Self::NoPort(i) => write!(f, "there is no output, result or channel {i}"),
            Self::Refused { what, bytes } => write!(f, "{bytes} bytes for {what} were refused"),
            Self::OutOfRange { offset, len, of } => {
                write!(
                    f,
                    "bytes {offset} to {} do not lie in {of}",
                    offset.saturating_add(*len)
                )
            }
            Self::Misaligned { len, element } => {
                write!(
                    f,
                    "{len} bytes are no whole number of aligned elements of {element}"
                )
            }
            Self::Busy(i) => write!(f, "input or output {i} is in use already"),
            Self::Outside {
                what,
                permission,
                or,
            } => {
                write!(
                    f,
                    "{what} was refused: the permission {permission} is missing"
                )?;
                if or.is_empty() {
                    Ok(())
                } else {
                    write!(f, ", or {or}")
                }
            }
            Self::Sharded => f.write_str("a whole frame is only for a unit with one shard"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_has_the_code_of_success() {
        let all = [
            Error::failed("x"),
            Error::invalid("x"),
            Error::Cancelled,
            Error::UnknownOp(1),
            Error::NoParam(1),
            Error::NoSetting(1),
            Error::NoInput(1),
            Error::NoPort(1),
            Error::Refused {
                what: "output",
                bytes: 1,
            },
            Error::OutOfRange {
                offset: u64::MAX,
                len: 1,
                of: 0,
            },
            Error::Misaligned { len: 3, element: 4 },
            Error::Busy(0),
            Error::Outside {
                what: "the time".into(),
                permission: "now",
                or: "",
            },
            Error::Sharded,
        ];
        for error in all {
            assert!(error.code() > 0, "{error:?}");
            assert!(!error.to_string().is_empty(), "{error:?}");
        }
    }
}
