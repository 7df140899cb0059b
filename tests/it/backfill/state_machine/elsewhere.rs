//! Somebody else's idea of the language: moto runs the definition, and comes to the same calls
//! and the same end as we do.
