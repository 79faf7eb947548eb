//! The document: is it a chart, what does its header say. Bytes in, facts out; knows no HTTP and no SQL.
