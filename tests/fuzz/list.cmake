# What the tests may take in all grows with their number.
set(FUZZ_SECONDS 2)

file(GLOB fuzz_sources RELATIVE ${PROJECT_SOURCE_DIR}
	${PROJECT_SOURCE_DIR}/harness/*.c ${PROJECT_SOURCE_DIR}/harness/statistics/*.c ${PROJECT_SOURCE_DIR}/report/*.c
	${PROJECT_SOURCE_DIR}/bench/host/*.c)
list(FILTER fuzz_sources EXCLUDE REGEX "harness/(command|main|run|settings|child|page)|report/gnuplot")
foreach(source base64 clock cost disk histogram histogram_codec identity interrupt interval interval_rate modules
		mountinfo options options_help options_json options_value peer_message platform problem procfs record
		record_state rig rig_host rig_outside rig_plan secret series text units units_range uplink)
	list(APPEND fuzz_sources bench/instrument/${source}.c)
endforeach()
seatrial_fuzz_library(${fuzz_sources})

seatrial_fuzz(histogram_decode LIBRARIES z)
seatrial_fuzz(run_document LIBRARIES jansson z)
seatrial_fuzz(document CORPUS hostile LENGTH 16384 LIBRARIES jansson z)
seatrial_fuzz(options LIBRARIES jansson)
seatrial_fuzz(soak_state LIBRARIES jansson z)
seatrial_fuzz(peer_message LIBRARIES jansson)
seatrial_fuzz(export_document LIBRARIES jansson sodium z)
seatrial_fuzz(compare LIBRARIES jansson sodium z)
seatrial_fuzz(history LIBRARIES jansson sodium z)
seatrial_fuzz(page LIBRARIES jansson sodium z)
seatrial_fuzz(index_row LIBRARIES jansson sodium sqlite3 z)
seatrial_fuzz(candidates LIBRARIES jansson sodium z)
seatrial_fuzz(signature LIBRARIES jansson)
seatrial_fuzz(host LIBRARIES jansson sodium z)
seatrial_fuzz(words LIBRARIES curl jansson sodium z)
seatrial_fuzz(reply LIBRARIES curl jansson)
seatrial_fuzz(index_file LIBRARIES jansson sodium sqlite3 z)
seatrial_fuzz(program_output LIBRARIES jansson sodium z)
