// Writes histograms for the decoder's test, or reads one back; see README.
"use strict";
const hdr = require("hdr-histogram-js");

const HOUR_NS = 3600000000000;

function write(lowest, highest, digits, beyond) {
	const histogram = hdr.build({
		lowestDiscernibleValue: lowest,
		highestTrackableValue: highest,
		numberOfSignificantValueDigits: digits,
		bitBucketSize: 64,
		autoResize: highest === 2,
	});
	for (let i = 0; i < 1000; i++)
		histogram.recordValue(i * i * i * 3000 + 100);
	if (beyond)
		histogram.recordValueWithCount(2 * HOUR_NS, beyond);
	const text = hdr.encodeIntoCompressedBase64(histogram);
	console.log(`js compressed ${lowest} ${highest} ${digits} ${beyond} ${text}`);
}

function read(text) {
	const histogram = hdr.decodeFromCompressedBase64(text);
	const at = (percentile) => histogram.getValueAtPercentile(percentile);
	console.log(`count ${histogram.totalCount} max ${histogram.maxValue} ` +
		`p50 ${at(50)} p99 ${at(99)} p99.9 ${at(99.9)}`);
}

if (process.argv.length > 2) {
	read(process.argv[2]);
} else {
	write(1, HOUR_NS, 3, 0);
	write(1, 2, 3, 0); // grows as needed
	write(1000, 4 * HOUR_NS, 2, 7);
}
