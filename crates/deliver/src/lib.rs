//! placet-deliver
