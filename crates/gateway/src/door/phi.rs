//! Health information as it arrived, before any filter.

/// A value that has not passed a flow.
///
/// It has no `Debug`, `Display`, `Clone` or serialization, and only the door can open it:
///
/// ```compile_fail
/// let raw = placet_gateway::Phi::new(String::from("{}"));
/// println!("{raw:?}");
/// ```
///
/// ```compile_fail
/// let raw = placet_gateway::Phi::new(String::from("{}"));
/// let copy = raw.clone();
/// ```
pub struct Phi<T>(T);

impl<T> Phi<T> {
    /// Closes a value in.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Only the door looks inside.
    pub(super) fn open(&self) -> &T {
        &self.0
    }
}
