use std::cell::RefCell;
use std::rc::Rc;

use inos_sdk::host::Host;

use crate::memory::Memory;
use crate::value::Value;
use crate::world::{World, copy_from};

/// Slots of a channel, as in the real one.
const SLOTS: usize = 3;
/// Room in a slot beyond what was asked for: a plugin must not take the room for the count.
const SPARE: usize = 3;
/// What new slots are filled with: a plugin must not count on zeros there.
const STALE: u8 = 0xa5;

/// Everything a plugin can reach, in memory.
#[derive(Default)]
pub(crate) struct TestHost {
    pub(crate) params: Vec<Value>,
    pub(crate) settings: Vec<Option<Value>>,
    pub(crate) inputs: Vec<Memory>,
    pub(crate) names: Vec<String>,
    pub(crate) outputs: Vec<Room>,
    pub(crate) output_limit: u64,
    pub(crate) results: Vec<f64>,
    pub(crate) channels: Vec<TestChannel>,
    pub(crate) shared: Option<Memory>,
    pub(crate) cancel_after: Option<usize>,
    pub(crate) progress: Vec<(u64, u64)>,
    pub(crate) log: Vec<(i32, String)>,
    pub(crate) failure: String,
    pub(crate) world: World,
}

/// One output while the op runs.
pub(crate) struct Room {
    pub(crate) memory: Memory,
    pub(crate) mapped: bool,
    pub(crate) len: u64,
    pub(crate) media: String,
}

/// Three slots, of which one is published and one is this tick's.
pub(crate) struct TestChannel {
    slots: Vec<Memory>,
    pub(crate) count: usize,
    capacity: usize,
    current: usize,
    pending: Option<usize>,
    published: Option<(usize, usize)>,
}

impl TestHost {
    pub(crate) fn shared_ref(self) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(self))
    }

    fn param(&self, index: u32) -> Option<&Value> {
        self.params.get(index as usize)
    }

    fn setting(&self, index: u32) -> Option<&Value> {
        self.settings.get(index as usize)?.as_ref()
    }

    fn mapped_by_others(&self, index: usize) -> u64 {
        let others = self.outputs.iter().enumerate().filter(|(i, _)| *i != index);
        others.map(|(_, room)| room.memory.len() as u64).sum()
    }
}

/// Copies what fits of a text, and says how long the whole is; -1 when it is none.
fn copy_text(value: Option<&Value>, into: &mut [u8]) -> i32 {
    let Some(Value::Text(text)) = value else {
        return -1;
    };
    copy_from(text.as_bytes(), 0, into);
    text.len() as i32
}

impl Room {
    pub(crate) fn new(media: String) -> Self {
        Self {
            memory: Memory::new(0, 0),
            mapped: false,
            len: 0,
            media,
        }
    }
}

impl TestChannel {
    /// Slots with room for `count` elements, and some more.
    pub(crate) fn new(count: usize, stride: usize) -> Self {
        let capacity = count + SPARE;
        let slots = (0..SLOTS)
            .map(|_| Memory::new(capacity * stride, STALE))
            .collect();
        Self {
            slots,
            count,
            capacity,
            current: 0,
            pending: None,
            published: None,
        }
    }

    /// Takes a slot that is not published for the next tick.
    pub(crate) fn begin(&mut self) {
        self.current = self.published.map_or(0, |(slot, _)| (slot + 1) % SLOTS);
        self.pending = None;
    }

    /// Ends a tick: what was announced becomes the frame.
    pub(crate) fn end(&mut self) {
        if let Some(count) = self.pending.take() {
            self.published = Some((self.current, count));
        }
    }

    pub(crate) fn frame(&self) -> Option<(&[u8], usize)> {
        self.published
            .map(|(slot, count)| (self.slots[slot].bytes(), count))
    }
}

// SAFETY: every pointer handed out points into a `Memory` of the promised size, which stays in
// place until the same port is mapped again or the test's call or tick has ended.
unsafe impl Host for TestHost {
    fn param_f64(&mut self, index: u32) -> f64 {
        self.param(index).map_or(f64::NAN, Value::as_f64)
    }

    fn param_i64(&mut self, index: u32) -> i64 {
        self.param(index).map_or(0, Value::as_i64)
    }

    fn param_text(&mut self, index: u32, into: &mut [u8]) -> i32 {
        copy_text(self.param(index), into)
    }

    fn setting_f64(&mut self, index: u32) -> f64 {
        self.setting(index).map_or(f64::NAN, Value::as_f64)
    }

    fn setting_text(&mut self, index: u32, into: &mut [u8]) -> i32 {
        copy_text(self.setting(index), into)
    }

    fn input_count(&mut self) -> u32 {
        self.inputs.len() as u32
    }

    fn input_len(&mut self, index: u32) -> Option<u64> {
        self.inputs
            .get(index as usize)
            .map(|input| input.len() as u64)
    }

    fn input_name(&mut self, index: u32, into: &mut [u8]) -> i32 {
        if index >= self.input_count() {
            return -1;
        }
        let name = self.names.get(index as usize).map_or("", String::as_str);
        copy_from(name.as_bytes(), 0, into);
        name.len() as i32
    }

    fn input_map(&mut self, index: u32, offset: u64, len: u32) -> *const u8 {
        let Some(input) = self.inputs.get_mut(index as usize) else {
            return std::ptr::null();
        };
        let end = offset.checked_add(len.into());
        if len == 0 || end.is_none_or(|end| end > input.len() as u64) {
            return std::ptr::null();
        }
        input.address().wrapping_add(offset as usize)
    }

    fn output_map(&mut self, index: u32, len: u64) -> *mut u8 {
        let others = self.mapped_by_others(index as usize);
        let fits = others
            .checked_add(len)
            .is_some_and(|sum| sum <= self.output_limit);
        match self.outputs.get_mut(index as usize) {
            Some(room) if fits => {
                if len > room.memory.len() as u64 {
                    room.memory.grow(len as usize);
                }
                (room.mapped, room.len) = (true, len);
                room.memory.address()
            }
            _ => std::ptr::null_mut(),
        }
    }

    fn output_len(&mut self, index: u32, len: u64) -> bool {
        let room = self.outputs.get_mut(index as usize);
        let room = room.filter(|room| room.mapped && len <= room.memory.len() as u64);
        room.map(|room| room.len = len).is_some()
    }

    fn output_meta(&mut self, index: u32, media: &str) -> bool {
        let room = self.outputs.get_mut(index as usize);
        room.map(|room| room.media = media.into()).is_some()
    }

    fn result_f64(&mut self, index: u32, value: f64) -> bool {
        self.results
            .get_mut(index as usize)
            .map(|result| *result = value)
            .is_some()
    }

    fn channel(&mut self, index: u32) -> *mut u8 {
        let channel = self.channels.get_mut(index as usize);
        channel.map_or(std::ptr::null_mut(), |c| c.slots[c.current].address())
    }

    fn channel_capacity(&mut self, index: u32) -> usize {
        self.channels
            .get(index as usize)
            .map_or(0, |channel| channel.capacity)
    }

    fn channel_publish(&mut self, index: u32, count: u32) -> bool {
        let channel = self.channels.get_mut(index as usize);
        let channel = channel.filter(|channel| count as usize <= channel.capacity);
        channel
            .map(|channel| channel.pending = Some(count as usize))
            .is_some()
    }

    fn shared(&mut self, len: u64) -> *mut u8 {
        let shared = self.shared.as_mut();
        let shared = shared.filter(|memory| len > 0 && len <= memory.len() as u64);
        shared.map_or(std::ptr::null_mut(), Memory::address)
    }

    fn progress(&mut self, done: u64, total: u64) -> bool {
        self.progress.push((done, total));
        self.cancel_after
            .is_some_and(|calls| self.progress.len() >= calls)
    }

    fn log(&mut self, level: i32, text: &str) {
        self.log.push((level, text.into()));
    }

    fn fail(&mut self, text: &str) {
        self.failure = text.into();
    }

    fn now(&mut self) -> Option<u64> {
        self.world.now.map(|now| now.as_micros() as u64)
    }

    fn random(&mut self, into: &mut [u8]) -> bool {
        self.world.fill_random(into)
    }

    fn file_size(&mut self, path: &str) -> Option<u64> {
        self.world.file(path).map(|bytes| bytes.len() as u64)
    }

    fn file_read(&mut self, path: &str, offset: u64, into: &mut [u8]) -> Option<usize> {
        let bytes = self.world.file(path)?;
        Some(copy_from(bytes, offset, into))
    }

    fn file_list(&mut self, path: &str, offset: u64, into: &mut [u8]) -> Option<u64> {
        let text = self.world.names(path)?;
        copy_from(text.as_bytes(), offset, into);
        Some(text.len() as u64)
    }

    fn file_write(&mut self, path: &str, offset: u64, bytes: &[u8]) -> bool {
        self.world.write_at(path, offset, bytes)
    }

    fn file_resize(&mut self, path: &str, size: u64) -> bool {
        self.world.resize(path, size)
    }

    fn file_remove(&mut self, path: &str) -> bool {
        self.world.remove(path)
    }

    fn http_send(&mut self, request: &[u8]) -> Option<u16> {
        self.world.send(request)
    }

    fn http_len(&mut self) -> Option<u64> {
        self.world
            .last_answer()
            .map(|answer| answer.body.len() as u64)
    }

    fn http_read(&mut self, offset: u64, into: &mut [u8]) -> Option<usize> {
        let answer = self.world.last_answer()?;
        Some(copy_from(&answer.body, offset, into))
    }

    fn http_header(&mut self, name: &str, into: &mut [u8]) -> Option<usize> {
        let headers = &self.world.last_answer()?.headers;
        let same = |known: &str| known.eq_ignore_ascii_case(name);
        let (_, value) = headers.iter().find(|(known, _)| same(known))?;
        copy_from(value.as_bytes(), 0, into);
        Some(value.len())
    }

    fn clipboard_read(&mut self, offset: u64, into: &mut [u8]) -> Option<u64> {
        let text = self.world.copied()?;
        copy_from(text.as_bytes(), offset, into);
        Some(text.len() as u64)
    }

    fn clipboard_write(&mut self, text: &str) -> bool {
        self.world.set_clipboard(text)
    }

    fn notify(&mut self, text: &str) -> bool {
        self.world.show(text)
    }
}
