// Buffers that keep their memory from picture to picture.
#ifndef RENDER_GROW_H
#define RENDER_GROW_H

#include <stillpoint/base.h>
#include <stdlib.h>

// Make *buffer hold at least count entries (with some to spare); what it held is lost when it grows. Returns
// 0 or SP_ENOMEM, and then the buffer is empty.
static inline int render_grow(void **buffer, size_t *capacity, size_t count, size_t size)
{
    if (count <= *capacity)
        return 0;
    free(*buffer);
    *capacity = 0;
    size_t room = count + count / 4 + 64;
    *buffer = sp_aligned_calloc(room, size);
    if (!*buffer)
        return SP_ENOMEM;
    *capacity = room;
    return 0;
}

// The same for a pointer and the number of entries there is room for.
#define RENDER_GROW(field, room, count) render_grow((void **)&(field), &(room), (count), sizeof *(field))

#endif
