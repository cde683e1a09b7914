use std::collections::BTreeMap;
use std::time::Duration;

/// A world outside, in memory. What is not set is refused, as by a user who does not allow it; what
/// the manifest does not ask for cannot be set.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub(crate) now: Option<Duration>,
    random: Option<u64>,
    folders: BTreeMap<String, Folder>,
    answers: Vec<(String, Answer)>,
    last: Option<Answer>,
    requests: Vec<String>,
    clipboard: Option<String>,
    notices: Option<Vec<String>>,
}

/// What a server answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP's status code.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct Folder {
    writable: bool,
    files: BTreeMap<String, Vec<u8>>,
}

impl World {
    /// A world where everything is refused.
    pub fn new() -> Self {
        Self::default()
    }

    /// Allows `now`: it is that long since 1970.
    pub fn now(mut self, now: Duration) -> Self {
        self.now = Some(now);
        self
    }

    /// Allows `random`: bytes that follow from a seed.
    pub fn random(mut self, seed: u64) -> Self {
        self.random = Some(seed);
        self
    }

    /// Allows to read a folder with these files: paths in it and their bytes.
    pub fn read<'f>(
        self,
        scope: &str,
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Self {
        self.folder(scope, false, files)
    }

    /// Allows to read and write a folder, which begins with these files.
    pub fn write<'f>(
        self,
        scope: &str,
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Self {
        self.folder(scope, true, files)
    }

    /// Allows `http`, and lets requests to `url` be answered.
    pub fn answer(mut self, url: &str, answer: Answer) -> Self {
        self.answers.push((url.into(), answer));
        self
    }

    /// Allows `clipboard`, with that text on it.
    pub fn clipboard(mut self, text: &str) -> Self {
        self.clipboard = Some(text.into());
        self
    }

    /// Allows `notify`.
    pub fn notices(mut self) -> Self {
        self.notices = Some(Vec::new());
        self
    }

    /// What a file holds by now: `photos/a.jpg`.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        let (scope, rest) = path.split_once('/')?;
        let file = self.folders.get(scope)?.files.get(rest)?;
        Some(file)
    }

    /// What is on the clipboard by now.
    pub fn copied(&self) -> Option<&str> {
        self.clipboard.as_deref()
    }

    /// The notices that were shown.
    pub fn shown(&self) -> &[String] {
        self.notices.as_deref().unwrap_or_default()
    }

    /// The requests that were answered, as the plugin wrote them.
    pub fn requests(&self) -> &[String] {
        &self.requests
    }

    /// The keys of what it allows, as a manifest names them.
    pub(crate) fn allows(&self) -> Vec<String> {
        let mut keys: Vec<String> = [
            ("now", self.now.is_some()),
            ("random", self.random.is_some()),
            ("http", !self.answers.is_empty()),
            ("clipboard", self.clipboard.is_some()),
            ("notify", self.notices.is_some()),
        ]
        .into_iter()
        .filter(|(_, allowed)| *allowed)
        .map(|(key, _)| key.into())
        .collect();
        keys.extend(self.folders.iter().map(|(scope, folder)| folder.key(scope)));
        keys
    }

    fn folder<'f>(
        mut self,
        scope: &str,
        writable: bool,
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Self {
        let files = files
            .into_iter()
            .map(|(path, text)| (path.into(), text.into()))
            .collect();
        self.folders
            .insert(scope.into(), Folder { writable, files });
        self
    }
}

impl Folder {
    fn key(&self, scope: &str) -> String {
        format!("{}:{scope}", if self.writable { "write" } else { "read" })
    }
}

/// What the plugin asks, answered as ABI-112 to 118 say.
impl World {
    pub(crate) fn fill_random(&mut self, into: &mut [u8]) -> bool {
        let Some(seed) = &mut self.random else {
            return false;
        };
        for byte in into {
            // The generator of Knuth's MMIX: its upper bits are random enough for a test.
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005);
            *seed = seed.wrapping_add(1_442_695_040_888_963_407);
            *byte = (*seed >> 56) as u8;
        }
        true
    }

    fn writable(&mut self, path: &str) -> Option<(&mut Folder, String)> {
        let (scope, rest) = path.split_once('/')?;
        let folder = self.folders.get_mut(scope)?;
        (folder.writable && valid(rest)).then(|| (folder, rest.into()))
    }

    pub(crate) fn write_at(&mut self, path: &str, offset: u64, bytes: &[u8]) -> bool {
        let Some((folder, name)) = self.writable(path) else {
            return false;
        };
        let file = folder.files.entry(name).or_default();
        let begin = offset as usize;
        file.resize(file.len().max(begin + bytes.len()), 0);
        file[begin..begin + bytes.len()].copy_from_slice(bytes);
        true
    }

    pub(crate) fn resize(&mut self, path: &str, size: u64) -> bool {
        let Some((folder, name)) = self.writable(path) else {
            return false;
        };
        folder
            .files
            .entry(name)
            .or_default()
            .resize(size as usize, 0);
        true
    }

    pub(crate) fn remove(&mut self, path: &str) -> bool {
        let place = self.writable(path);
        place.is_some_and(|(folder, name)| folder.files.remove(&name).is_some())
    }

    /// The names in a folder, a line each.
    pub(crate) fn names(&self, path: &str) -> Option<String> {
        let (scope, rest) = path.split_once('/').unwrap_or((path, ""));
        let folder = self.folders.get(scope)?;
        let inside = if rest.is_empty() {
            String::new()
        } else {
            format!("{rest}/")
        };
        let below = folder
            .files
            .keys()
            .filter_map(|name| name.strip_prefix(&inside));
        let mut names: Vec<String> = below
            .map(|name| match name.split_once('/') {
                Some((folder, _)) => format!("{folder}/\n"),
                None => format!("{name}\n"),
            })
            .collect();
        names.sort();
        names.dedup();
        (rest.is_empty() || !names.is_empty()).then(|| names.concat())
    }

    pub(crate) fn send(&mut self, request: &[u8]) -> Option<u16> {
        let request = String::from_utf8_lossy(request).into_owned();
        let url = request.lines().next()?.split(' ').nth(1)?;
        let (_, answer) = self.answers.iter().find(|(known, _)| known == url)?;
        self.last = Some(answer.clone());
        self.requests.push(request);
        self.last_answer().map(|answer| answer.status)
    }

    pub(crate) fn last_answer(&self) -> Option<&Answer> {
        self.last.as_ref()
    }

    pub(crate) fn set_clipboard(&mut self, text: &str) -> bool {
        self.clipboard
            .as_mut()
            .map(|kept| *kept = text.into())
            .is_some()
    }

    pub(crate) fn show(&mut self, text: &str) -> bool {
        const MOST: usize = 3;
        let room = self.notices.as_mut().filter(|notices| notices.len() < MOST);
        room.map(|notices| notices.push(text.into())).is_some()
    }
}

/// As the host reads it: no empty parts, no dots.
fn valid(path: &str) -> bool {
    path.split('/').all(|part| !["", ".", ".."].contains(&part))
}

/// Copies what lies from `offset` on, and says how much that was.
pub(crate) fn copy_from(bytes: &[u8], offset: u64, into: &mut [u8]) -> usize {
    let rest = bytes.get(offset as usize..).unwrap_or_default();
    let len = rest.len().min(into.len());
    into[..len].copy_from_slice(&rest[..len]);
    len
}
