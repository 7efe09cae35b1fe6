/*
 * document_shapes: the shapes of the documents in results/schema/.
 */
#pragma once

#include "shape.h"

extern const struct shape shape_of_result[];
extern const struct shape shape_of_bench[];
extern const struct shape shape_of_run[]; /* without the shapes of its profiles and results */
