/// Names the ops and the live part of a plugin and makes its exports.
///
/// `ops` maps the numbers of the manifest to functions `fn(&mut Call) -> Result<(), Error>`;
/// `live` is a type that implements [`Live`](crate::Live). Either may be left out.
///
/// With `ops` it also defines `pub fn dispatch(op: u32, call: &mut Call)`, for tests.
#[macro_export]
macro_rules! plugin {
    (ops: { $($number:expr => $run:path),+ $(,)? } $(, live: $live:ty)? $(,)?) => {
        /// Runs op number `op` of the manifest.
        pub fn dispatch(op: u32, call: &mut $crate::Call) -> Result<(), $crate::Error> {
            match op {
                // By a pointer that the compiler cannot see through: all ops in one function would
                // take the host many times as long to compile.
                $(number if number == $number => {
                    let op: fn(&mut $crate::Call) -> ::core::result::Result<(), $crate::Error> = $run;
                    ::core::hint::black_box(op)(call)
                })+
                other => Err($crate::Error::UnknownOp(other)),
            }
        }

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[unsafe(no_mangle)]
            extern "C" fn inos_call(op: i32) -> i32 {
                $crate::__entry::call(op, dispatch)
            }
        };

        $crate::__export_abi!();
        $($crate::__export_live!($live);)?
    };
    (live: $live:ty $(,)?) => {
        $crate::__export_abi!();
        $crate::__export_live!($live);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_abi {
    () => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[unsafe(no_mangle)]
            extern "C" fn inos_abi() -> i32 {
                $crate::__entry::VERSION
            }
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_live {
    ($live:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            // An instance has one thread: this is the shard's own state.
            ::std::thread_local! {
                static LIVE: ::std::cell::RefCell<$live> = ::std::default::Default::default();
            }

            #[unsafe(no_mangle)]
            extern "C" fn inos_init() -> i32 {
                LIVE.with_borrow_mut(|live| $crate::__entry::init(live))
            }

            #[unsafe(no_mangle)]
            extern "C" fn inos_save() -> i32 {
                LIVE.with_borrow_mut(|live| $crate::__entry::save(live))
            }

            #[unsafe(no_mangle)]
            extern "C" fn inos_load() -> i32 {
                LIVE.with_borrow_mut(|live| $crate::__entry::load(live))
            }

            #[unsafe(no_mangle)]
            extern "C" fn inos_tick(phase: i32, shard: i32, shards: i32, dt_us: i32) -> i32 {
                LIVE.with_borrow_mut(|live| {
                    $crate::__entry::tick(live, phase, shard, shards, dt_us)
                })
            }
        };
    };
}

/// Logs for the author of the plugin; formats like [`format!`].
#[macro_export]
macro_rules! debug {
    ($($arg:tt)+) => { $crate::log($crate::Level::Debug, &::std::format!($($arg)+)) };
}

/// Logs what is worth knowing; formats like [`format!`].
#[macro_export]
macro_rules! info {
    ($($arg:tt)+) => { $crate::log($crate::Level::Info, &::std::format!($($arg)+)) };
}

/// Logs what is odd; formats like [`format!`].
#[macro_export]
macro_rules! warn {
    ($($arg:tt)+) => { $crate::log($crate::Level::Warn, &::std::format!($($arg)+)) };
}

/// Logs what failed; formats like [`format!`].
#[macro_export]
macro_rules! error {
    ($($arg:tt)+) => { $crate::log($crate::Level::Error, &::std::format!($($arg)+)) };
}
