use std::fmt;

use crate::world::{refused, room};
use crate::{Call, Error, raw};

/// Bytes tried first for a header's value; a longer one costs a second call.
const SHORT_VALUE: usize = 256;

/// An HTTP request, to a host that the manifest's `http` permission lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request by `method`, one of GET, HEAD, POST, PUT, PATCH, DELETE.
    pub fn new(method: &'static str, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Asks for what is at `url`.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// Sends `body` to `url`.
    pub fn post(url: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", url).body(body)
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body. The whole request has at most 32 KiB.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The text of ABI-116. A line feed in a header would begin another one.
    fn text(&self) -> Result<Vec<u8>, Error> {
        let mut text = self.to_string();
        for (name, value) in &self.headers {
            text += &format!("\n{name}: {value}");
        }
        let lines = text.split('\n').count();
        if lines != 1 + self.headers.len() || text.contains('\r') {
            return Err(Error::invalid("a request's line must not be two"));
        }
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(b"\n\n");
        bytes.extend_from_slice(&self.body);
        Ok(bytes)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)
    }
}

/// The answer to a [`Request`], until the next one is sent.
#[derive(Debug)]
pub struct Response<'c> {
    status: u16,
    _call: &'c Call,
}

impl Call {
    /// Sends a request and waits for the answer; needs `http`. An answer of any status is one.
    pub fn fetch(&mut self, request: &Request) -> Result<Response<'_>, Error> {
        match raw::http_send(&request.text()?) {
            Some(status) => Ok(Response {
                status,
                _call: self,
            }),
            None => Err(refused(
                &request.to_string(),
                "http",
                "the host is not on its list, or it does not answer",
            )),
        }
    }
}

impl Response<'_> {
    /// HTTP's status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The value of a header; None when there is none of that name.
    pub fn header(&self, name: &str) -> Option<String> {
        let mut bytes = vec![0; SHORT_VALUE];
        let mut len = raw::http_header(name, &mut bytes)?;
        if len > bytes.len() {
            bytes.resize(len, 0);
            len = raw::http_header(name, &mut bytes)?;
        }
        bytes.truncate(len);
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The whole body, at most 16 MiB.
    pub fn body(&self) -> Result<Vec<u8>, Error> {
        let lost = || Error::failed("the answer is no longer there");
        let mut bytes = room("an answer", raw::http_len().ok_or_else(lost)?)?;
        let read = raw::http_read(0, &mut bytes).ok_or_else(lost)?;
        bytes.truncate(read);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_line_its_headers_and_a_body() {
        let request = Request::post("https://example.org/a", "hi\nthere").header("Accept", "a/b");
        let text = "POST https://example.org/a\nAccept: a/b\n\nhi\nthere";
        assert_eq!(request.text(), Ok(text.into()));
    }

    #[test]
    fn a_line_feed_adds_no_header() {
        for request in [
            Request::get("https://example.org/\nX: y"),
            Request::get("https://example.org/").header("A", "b\nX: y"),
            Request::get("https://example.org/").header("A\n\nX", "y"),
            Request::get("https://example.org/").header("A", "b\r"),
        ] {
            assert!(
                matches!(request.text(), Err(Error::Invalid(_))),
                "{request}"
            );
        }
    }
}
