// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/spelling"
)

// countries are the codes of ISO 3166-1 alpha-2 (GeoLocation in the Route 53 API reference).
const countries = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR " +
	"GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
	"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ " +
	"NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW " +
	"SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ " +
	"UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"

// states are the states and possessions of the United States (USPS Publication 28, appendix B).
const states = "AL AK AS AZ AR CA CO CT DE DC FM FL GA GU HI ID IL IN IA KS KY LA ME MH MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND MP OH OK OR " +
	"PW PA PR RI SC SD TN TX UT VT VI VA WA WV WI WY"

// everywhere is the country of the record set for whoever no other one of the group is for.
const everywhere = "*"

func country(v string) (string, error) {
	v = strings.ToUpper(v)
	if v != everywhere && !slices.Contains(strings.Fields(countries), v) {
		return "", fmt.Errorf("it is neither a country's two letters of ISO 3166-1 nor *")
	}
	return v, nil
}

// place checks the location of geolocation routing: a continent, a country, or a state of the United States with its country. For
// Ukraine, of whose parts Route 53 tells no list, any code will do.
func place(props []record.Prop) error {
	_, continent := record.FindProp(props, propContinent)
	in, hasCountry := record.FindProp(props, propCountry)
	part, hasPart := record.FindProp(props, propSubdivision)
	switch {
	case continent && hasCountry:
		return fmt.Errorf("%s and %s exclude each other: keep one of them", propContinent, propCountry)
	case continent && hasPart:
		return fmt.Errorf("%s and %s exclude each other: keep one of them", propContinent, propSubdivision)
	case hasPart:
		return partOf(in, part)
	}
	return nil
}

// partOf checks a part of a country; no country is empty.
func partOf(country, part string) error {
	switch {
	case country == "":
		return fmt.Errorf("%s needs %s", propSubdivision, propCountry)
	case country == "US" && !slices.Contains(strings.Fields(states), part):
		return fmt.Errorf("%s=%q: it is no state of the United States", propSubdivision, part)
	case country != "US" && country != "UA":
		return fmt.Errorf("%s=%q: Route 53 knows only the states of the United States: take it away from %s=%s", propSubdivision, part, propCountry, country)
	}
	return nil
}

// inRegion takes the regions that the SDK knows (Region of ResourceRecordSet in the API reference).
func inRegion(v string) (string, error) {
	v = strings.ToLower(v)
	known := regions()
	if slices.Contains(known, v) {
		return v, nil
	}
	return "", fmt.Errorf("it is no region of AWS%s", hint(v, known))
}

func regions() []string {
	var out []string
	for _, r := range types.ResourceRecordSetRegion("").Values() {
		out = append(out, string(r))
	}
	return out
}

func hint(v string, known []string) string {
	if near := spelling.Nearest(v, known); near != "" {
		return ": did you mean " + near + "?"
	}
	return ", such as eu-west-1"
}

var groupRest = regexp.MustCompile(`^[a-z]{2,8}-[0-9]{1,2}$`)

// zoneGroup takes a Local Zone group: a region and two more parts (GeoProximityLocation in the API reference).
func zoneGroup(v string) (string, error) {
	v = strings.ToLower(v)
	for _, r := range regions() {
		if rest, ok := strings.CutPrefix(v, r+"-"); ok && groupRest.MatchString(rest) {
			return v, nil
		}
	}
	return "", fmt.Errorf("it is no group of Local Zones such as us-east-1-bue-1")
}
