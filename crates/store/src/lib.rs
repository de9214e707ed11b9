//! placet-store
