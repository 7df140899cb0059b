//! The SQL that a person is asked to review, as snapshots.
