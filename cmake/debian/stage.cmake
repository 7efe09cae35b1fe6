# Run by cpack on the staged files: what Debian wants different from a plain `cmake --install`.
if(NOT CPACK_GENERATOR STREQUAL DEB)
	return()
endif()
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)

# Policy 12.5 and 12.7: copyright and changelog, instead of a license file.
file(REMOVE ${share}/doc/seatrial/LICENSE)
file(COPY ${CMAKE_CURRENT_LIST_DIR}/copyright ${CMAKE_CURRENT_LIST_DIR}/changelog
	DESTINATION ${share}/doc/seatrial
	FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)

# Debian's zsh looks here for what packages bring.
if(EXISTS ${share}/zsh/site-functions)
	file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)
endif()

# Policy 12.1 and 12.7; without name and time, so that the same input gives the same file.
file(GLOB compressed ${share}/man/man1/*.1 ${share}/doc/seatrial/changelog)
execute_process(COMMAND gzip -9n ${compressed} COMMAND_ERROR_IS_FATAL ANY)
