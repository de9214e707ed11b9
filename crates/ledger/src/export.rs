//! An exported log: which files it has, and how they are verified offline.
