// The n-th smallest of many values, without putting the others in order (Hoare, "Algorithm 65: Find", 1961).
#include "parts.h"

static void swap(float *a, float *b)
{
    float t = *a;
    *a = *b;
    *b = t;
}

// The median of the first, middle and last: orders that sorting falls into do not slow it down.
static float pivot_of(const float *values, int low, int high)
{
    float a = values[low], b = values[low + (high - low) / 2], c = values[high];
    float least = a < b ? a : b, most = a < b ? b : a;
    return c < least ? least : c > most ? most : c;
}

float matte_nth(float *values, int count, int n)
{
    int low = 0, high = count - 1;
    while (low < high) {
        float pivot = pivot_of(values, low, high);
        int i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i <= j)
                swap(&values[i++], &values[j--]);
        }
        if (n <= j)
            high = j;
        else if (n >= i)
            low = i;
        else
            break;
    }
    return values[n];
}
