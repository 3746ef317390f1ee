// Choices beside what never showed the venue are the athlete's more often than others.
#include "plate.h"

#include <stdlib.h>

// Regions of fewer pixels have no rim of mixed ones: noise made them.
#define LEAST_REGION 6
#define RIM_PX 2
// Islands inside such a region are taken back up to this share of the picture.
#define ISLAND 0.0015

typedef struct map {
    uint64_t *sets;
    int *stack;
    uint8_t *visited;
    int width, height;
} map;

// Flood the pixels connected to a seed that are as seen as it is; they are left in m->stack.
static int flood(map *m, int seed)
{
    bool is_seen = m->sets[seed] != 0;
    int done = 0, count = 0;
    m->visited[seed] = 1;
    m->stack[count++] = seed;
    while (done < count) {
        int at = m->stack[done++], x = at % m->width, y = at / m->width;
        const int next[4] = {x > 0 ? at - 1 : -1, x + 1 < m->width ? at + 1 : -1, y > 0 ? at - m->width : -1,
                             y + 1 < m->height ? at + m->width : -1};
        for (int k = 0; k < 4; k++)
            if (next[k] >= 0 && !m->visited[next[k]] && (m->sets[next[k]] != 0) == is_seen) {
                m->visited[next[k]] = 1;
                m->stack[count++] = next[k];
            }
    }
    return count;
}

// Take back the seen pixels within RIM_PX of those on the stack.
static void take_rim(map *m, uint8_t *rim, int count)
{
    for (int i = 0; i < count; i++) {
        int x = m->stack[i] % m->width, y = m->stack[i] / m->width;
        for (int v = y - RIM_PX; v <= y + RIM_PX; v++)
            for (int u = x - RIM_PX; u <= x + RIM_PX; u++)
                if (u >= 0 && v >= 0 && u < m->width && v < m->height)
                    rim[v * m->width + u] = 1;
    }
}

int plate_distrust(uint64_t *sets, int width, int height)
{
    int pixels = width * height;
    map m = {sets, sp_calloc((size_t)pixels, sizeof *m.stack), sp_calloc((size_t)pixels, 1), width, height};
    uint8_t *rim = sp_calloc((size_t)pixels, 1);
    int code = m.stack && m.visited && rim ? SP_OK : SP_ENOMEM;
    for (int i = 0; code == SP_OK && i < pixels; i++) {
        int area = m.visited[i] || sets[i] ? 0 : flood(&m, i);
        if (area >= LEAST_REGION)
            take_rim(&m, rim, area);
    }
    for (int i = 0; code == SP_OK && i < pixels; i++) {
        if (rim[i])
            sets[i] = 0;
        m.visited[i] = 0;
    }
    for (int i = 0; code == SP_OK && i < pixels; i++) {
        int area = m.visited[i] || !sets[i] ? 0 : flood(&m, i);
        for (int k = 0; area <= ISLAND * pixels && k < area; k++)
            sets[m.stack[k]] = 0;
    }
    free(rim);
    free(m.visited);
    free(m.stack);
    return code;
}
