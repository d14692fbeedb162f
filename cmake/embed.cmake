# sluice_embed_shims(TARGET): every file in repackager/shims/ becomes a string in the program, found by its name.
function(sluice_embed_shims target)
	file(GLOB shims CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/repackager/shims/*)
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${shims})
	set(texts "")
	set(table "")
	foreach(shim ${shims})
		get_filename_component(name ${shim} NAME)
		string(MAKE_C_IDENTIFIER ${name} id)
		file(READ ${shim} hex HEX)
		string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
		string(APPEND texts "static const char ${id}[] = { ${bytes}0 };\n")
		string(APPEND table "\t{ \"${name}\", ${id} },\n")
	endforeach()
	file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/repackager/shims.c CONTENT
"/* shims.c - made by cmake/embed.cmake from repackager/shims/. */
#include \"repackager/shims.h\"
#include <stddef.h>
#include <string.h>

${texts}
static const struct {
	const char *name, *text;
} shims[] = {
${table}};

const char *shim_text(const char *name)
{
	for (size_t i = 0; i < sizeof shims / sizeof *shims; i++)
		if (strcmp(shims[i].name, name) == 0)
			return shims[i].text;
	return NULL;
}
" @ONLY)
	target_sources(${target} PRIVATE ${CMAKE_BINARY_DIR}/generated/repackager/shims.c)
endfunction()

# sluice_embed_text(TARGET FILE NAME): the file becomes `const char NAME[]` in the program; the header that declares it is the caller's.
function(sluice_embed_text target file name)
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${file})
	file(READ ${CMAKE_SOURCE_DIR}/${file} hex HEX)
	string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
	file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/embedded/${name}.c CONTENT
"/* ${name}.c - made by cmake/embed.cmake from ${file}. */
extern const char ${name}[];
const char ${name}[] = { ${bytes}0 };
" @ONLY)
	target_sources(${target} PRIVATE ${CMAKE_BINARY_DIR}/generated/embedded/${name}.c)
endfunction()
