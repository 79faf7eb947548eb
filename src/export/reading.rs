//! The threads on which charts are read, apart from the runtime, which has signals to hear: one for each core but the database's.
//!
//! They are not the runtime's threads for what blocks: of those there are soon seven, any of them is next, and each keeps memory of its own. 5,000 charts
//! with their rows took 88 MB with them in place of 77.

use std::{
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, LazyLock, Mutex, PoisonError, mpsc},
    thread,
};

use tokio::sync::oneshot;

type Task = Box<dyn FnOnce() + Send>;

static QUEUE: LazyLock<mpsc::Sender<Task>> = LazyLock::new(|| {
    let (sender, receiver) = mpsc::channel();
    let receiver = Arc::new(Mutex::new(receiver));
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    for _ in 0..cores.saturating_sub(1).max(1) {
        let receiver = Arc::clone(&receiver);
        let work = move || {
            while let Some(task) = next(&receiver) {
                task();
            }
        };
        thread::Builder::new().name("reading".to_owned()).spawn(work).expect("a thread can be started");
    }
    sender
});

fn next(queue: &Mutex<mpsc::Receiver<Task>>) -> Option<Task> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Does what takes long on one of these threads, in turn; a panic there is one here.
pub(super) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, done) = oneshot::channel();
    let task = move || drop(sender.send(catch_unwind(AssertUnwindSafe(work))));
    // Neither the queue nor a thread ends before the process does.
    QUEUE.send(Box::new(task)).expect("threads read");
    done.await.expect("each task is done").unwrap_or_else(|panic| resume_unwind(panic))
}
