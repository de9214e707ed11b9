//! holdout.
