# seatrial_program(TARGET): installs a program. Its manual page and shell completions come from its own option
# tables, so they are made by running it; not when cross compiling, where it cannot run.

# The date in manual pages: that of the source, so that the same source gives the same files.
set(SEATRIAL_DATE $ENV{SOURCE_DATE_EPOCH})
if(NOT SEATRIAL_DATE AND NOT SEATRIAL_COMMIT STREQUAL unknown)
	execute_process(COMMAND ${GIT_EXECUTABLE} -C ${PROJECT_SOURCE_DIR} log -1 --format=%ct
		OUTPUT_VARIABLE SEATRIAL_DATE OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()

# Adds a file, made of what the program prints, to install below the data directory.
function(seatrial_printed target file destination)
	set(environment)
	if(SEATRIAL_DATE)
		set(environment SOURCE_DATE_EPOCH=${SEATRIAL_DATE})
	endif()
	get_filename_component(folder ${PROJECT_BINARY_DIR}/printed/${file} DIRECTORY)
	file(MAKE_DIRECTORY ${folder})
	add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/printed/${file}
		COMMAND ${CMAKE_COMMAND} -E env ${environment} $<TARGET_FILE:${target}> ${ARGN}
			> ${PROJECT_BINARY_DIR}/printed/${file}
		DEPENDS ${target} VERBATIM)
	install(FILES ${PROJECT_BINARY_DIR}/printed/${file} DESTINATION ${destination})
endfunction()

function(seatrial_program target)
	install(TARGETS ${target} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
	if(CMAKE_CROSSCOMPILING)
		return()
	endif()
	set(share ${CMAKE_INSTALL_DATADIR})
	seatrial_printed(${target} man/${target}.1 ${CMAKE_INSTALL_MANDIR}/man1 --manual)
	seatrial_printed(${target} bash/${target} ${share}/bash-completion/completions --completion bash)
	seatrial_printed(${target} zsh/_${target} ${share}/zsh/site-functions --completion zsh)
	seatrial_printed(${target} fish/${target}.fish ${share}/fish/vendor_completions.d --completion fish)
	set(files man/${target}.1 bash/${target} zsh/_${target} fish/${target}.fish)
	list(TRANSFORM files PREPEND ${PROJECT_BINARY_DIR}/printed/)
	add_custom_target(${target}-printed ALL DEPENDS ${files})
endfunction()
