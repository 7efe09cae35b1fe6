seatrial_fuzz(histogram_decode SOURCES histogram.c histogram_codec.c base64.c problem.c LIBRARIES z)
seatrial_fuzz(run_document
	SOURCES base64.c histogram.c histogram_codec.c interval.c interval_rate.c problem.c text.c units.c
	HARNESS absence.c allocate.c document.c document_shapes.c file.c judge.c profile.c profile_check.c reading.c
		sentence.c shape.c summary.c verdict.c wording.c
	LIBRARIES jansson z)
seatrial_fuzz(document CORPUS corpus/hostile
	SOURCES base64.c histogram.c histogram_codec.c interval.c interval_rate.c problem.c text.c
	HARNESS allocate.c document.c document_shapes.c profile.c profile_check.c shape.c verify.c verify_common.c
		verify_latencies.c verify_metrics.c verify_series.c
	LIBRARIES jansson z)
seatrial_fuzz(options
	SOURCES options.c options_help.c options_json.c options_value.c problem.c text.c units.c
	LIBRARIES jansson)
seatrial_fuzz(soak_state
	SOURCES base64.c clock.c cost.c histogram.c histogram_codec.c identity.c interval.c interval_rate.c
		mountinfo.c platform.c problem.c procfs.c record.c record_state.c series.c text.c
	LIBRARIES jansson z)
seatrial_fuzz(peer_message SOURCES peer_message.c problem.c text.c LIBRARIES jansson)
seatrial_fuzz(export_document
	SOURCES base64.c histogram.c histogram_codec.c interval.c interval_rate.c problem.c text.c units.c
	HARNESS absence.c allocate.c document.c document_shapes.c escape.c export.c export_benchmark.c export_csv.c
		export_github.c export_hlog.c export_junit.c exposition.c exposition_points.c exposition_unit.c file.c
		findings.c judge.c profile.c profile_check.c reading.c sample.c sample_differs.c sample_run.c sample_set.c
		sample_text.c sentence.c shape.c summary.c verdict.c wording.c
	LIBRARIES jansson sodium z)
