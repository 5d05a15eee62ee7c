import pytest
from base import *
class TestA(TestBase):
    @pytest.mark.parametrize("a,b", [(1, 2)])
    async def test_b(self, a, b): """Doc."""; f"{a!r:>{b}}"
if x: 
    def test_c(): return 'orders' "x"
