// Package reports turns the results of a run into what people and machines
// read: JSON Lines (the truth, from which all others are made), JUnit,
// Markdown, a self-contained HTML page and text for a terminal. It also knows
// which findings are listed as known deviations, and what a run is worth: its
// verdict and exit code.
//
// Whatever a broker sent is hostile input here. Each format escapes it in its
// own way, and very long texts are cut; results.jsonl keeps them.
package reports
