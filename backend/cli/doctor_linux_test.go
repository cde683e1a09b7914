package cli

import "testing"

func TestABudgetAboveTheFreeMemoryIsAProblemWithAFix(t *testing.T) {
	if c := checkMemory(1 << 20); c.Status != fine || c.Fix != "" {
		t.Errorf("a megabyte: %+v", c)
	}
	if c := checkMemory(1 << 60); c.Status != problem || c.Fix == "" {
		t.Errorf("more than there is: %+v", c)
	}
}
