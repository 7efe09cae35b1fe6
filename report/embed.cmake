# Turns the file IN into the C header OUT that defines NAME as its text.
#   cmake -DIN=report.css -DOUT=report_css.h -DNAME=report_css -P embed.cmake
file(READ ${IN} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUT} "static const char ${NAME}[] = {\n${bytes}0};\n")
