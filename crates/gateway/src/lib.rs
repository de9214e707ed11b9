//! placet-gateway
