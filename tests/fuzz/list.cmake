seatrial_fuzz(histogram_decode SOURCES histogram.c histogram_codec.c base64.c problem.c LIBRARIES z)
seatrial_fuzz(run_document
	SOURCES base64.c histogram.c histogram_codec.c interval.c interval_rate.c problem.c text.c units.c
	HARNESS absence.c document.c document_shapes.c file.c judge.c profile.c profile_check.c reading.c
		sentence.c shape.c summary.c verdict.c wording.c
	LIBRARIES jansson z)
seatrial_fuzz(peer_message SOURCES peer_message.c problem.c text.c LIBRARIES jansson)
